// A form that is printed at the press of a button.
document.querySelector("[data-print]").addEventListener("click", () => window.print());
