"""The month of each agent: assessment, consequences, improvement plan, workbook."""
