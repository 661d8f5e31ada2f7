"""Accounts and the audit log on the command line, and what stops the desk from being served."""

import socket

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from flows.cli import app
from pipeline.access.accounts import Post
from pipeline.desk.passwords import check
from pipeline.errors import ConfigurationError
from pipeline.store import Store

PASSWORD = "correct horse battery"


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/callqa.db"


@pytest.fixture
def callqa(url):
    """Runs a command on the store; gives what it printed, and raises what `main` would print as one sentence."""

    def run(*words: str, typed: str = "", code: int = 0) -> str:
        done = CliRunner().invoke(app, [*words, "--store", url], input=typed)
        if isinstance(done.exception, ConfigurationError):
            raise done.exception
        assert done.exit_code == code, done.output
        return done.output

    return run


def test_an_account_is_made_changed_and_closed(callqa, url):
    asked = f"{PASSWORD}\n{PASSWORD}\n"
    assert "已建立" in callqa("user", "add", "wang", "--name", "王芳", "--post", "qa", typed=asked)
    callqa(
        "user",
        "add",
        "sun",
        "--name",
        "孙丽",
        "--post",
        "team_lead",
        "--team",
        "一组",
        "--password-stdin",
        typed=asked,
    )
    table = callqa("user", "list")
    assert "王芳" in table
    assert "一组" in table
    callqa("user", "change", "sun", "--post", "qa_lead")
    callqa("user", "change", "wang", "--password-stdin", typed="another long one\n")
    callqa("user", "close", "sun")
    with Store.open(url) as store:
        assert store.accounts.get("sun").post is Post.QA_LEAD
        assert store.accounts.get("sun").team is None
        assert not store.accounts.get("sun").active
        assert check("another long one", store.accounts.password("wang"))[0]
        assert [line.note.by for line in store.audit.lines()] == ["callqa"] * 5
    callqa("user", "change", "sun", "--name", "孙丽丽")  # and opened again
    with Store.open(url) as store:
        assert store.accounts.get("sun").active


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "wang", "--name", "王", "--post", "qa"), "密码须有"),
        (("add", "王芳", "--name", "王", "--post", "qa"), "账号名"),
        (("add", "lin", "--name", "林", "--post", "agent"), "工号"),
        (("add", "lin", "--name", "林", "--post", "agent", "--agent", "1E+03"), "工号是科学计数法"),
        (("add", "lin", "--name", "林", "--post", "agent", "--agent", "NULL"), "工号"),
        (("add", "sun", "--name", "孙", "--post", "team_lead"), "班组"),
    ],
)
def test_a_wrong_account_is_one_clear_sentence(callqa, words, said):
    typed = "short\n" if said == "密码须有" else f"{PASSWORD}\n"
    with pytest.raises(ConfigurationError, match=said):
        callqa("user", *words, "--password-stdin", typed=typed)


def test_the_agent_of_an_account_is_the_one_of_the_records_however_it_was_typed(callqa, url):
    asked = ("--name", "林", "--post", "agent", "--password-stdin", "--agent")
    callqa("user", "add", "lin", *asked, "１００１\u200b", typed=f"{PASSWORD}\n")
    with Store.open(url) as store:
        assert store.accounts.get("lin").agent_id == "1001"
    callqa("user", "change", "lin", "--agent", '="1002"')
    with Store.open(url) as store:
        assert store.accounts.get("lin").agent_id == "1002"


def test_an_account_is_made_once_and_only_a_known_one_is_changed(callqa):
    words = ("user", "add", "wang", "--name", "王", "--post", "qa", "--password-stdin")
    callqa(*words, typed=f"{PASSWORD}\n")
    with pytest.raises(ConfigurationError, match="已存在"):
        callqa(*words, typed=f"{PASSWORD}\n")
    for act in ("change", "close"):
        with pytest.raises(ConfigurationError, match="没有账号"):
            callqa("user", act, "nobody")


def test_the_audit_log_is_verified_and_a_break_is_exit_code_1(callqa, url):
    with pytest.raises(ConfigurationError):
        callqa("audit", "verify")  # there is no store yet
    for name in ("wang", "li"):
        callqa("user", "add", name, "--name", name, "--post", "qa", "--password-stdin", typed=f"{PASSWORD}\n")
    said = callqa("audit", "verify")
    assert "完整：2 行" in said
    last = "".join(said.split("最后一行")[1].split())
    callqa("audit", "verify", "--last", last)
    with pytest.raises(ConfigurationError, match="ID:HASH"):
        callqa("audit", "verify", "--last", "yesterday")
    with Store.open(url) as store, store.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_kept_on_delete"))
        connection.execute(text("DELETE FROM audit WHERE id = 2"))
    assert "完整：1 行" in callqa("audit", "verify")
    assert "截去" in callqa("audit", "verify", "--last", last, code=1)


def test_a_desk_without_accounts_or_store_says_what_to_do(callqa, url):
    with pytest.raises(ConfigurationError, match="no such file"):
        callqa("review")
    Store.open(url).close()
    with pytest.raises(ConfigurationError, match="callqa user add"):
        callqa("review")


def test_a_port_that_is_taken_is_one_clear_sentence(callqa):
    callqa("user", "add", "wang", "--name", "王", "--post", "qa", "--password-stdin", typed=f"{PASSWORD}\n")
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(ConfigurationError, match="--port"):
        callqa("review", "--port", str(taken.getsockname()[1]))
