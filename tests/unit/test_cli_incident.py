"""A fault of ours: one sentence with a code, and the code leads to the trace."""

from crmkpi import cli


def test_the_code_on_the_screen_leads_to_the_trace(monkeypatch, tmp_path, capsys):
    def broken(args, t):
        raise ZeroDivisionError("planted")

    monkeypatch.setenv("CRMKPI_HOME", str(tmp_path))
    monkeypatch.setitem(cli.COMMANDS, "doctor", broken)
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr()
    code = said.err.rstrip().rstrip(".").split()[-1]
    assert said.out == "" and "Traceback" not in said.err
    kept = (tmp_path / "incidents.log").read_text(encoding="utf-8")
    assert code in kept and "planted" in kept
