"""No token, password or e-mail reaches a log, whoever writes it."""

from __future__ import annotations

import logging

import pytest

from crmkpi.web.log_filter import MaskingFactory, install, masked

TOKEN = "Zk3-" + "aB9_" * 9 + "xyz"
SECRETS = (
    f"GET /s/{TOKEN} HTTP/1.1",
    "postgresql://kpi:hunter2hunter2@db:5432/kpi",
    "mail of anna.petrova+news@shop.example.ru bounced",
    f"cookie: crmkpi_share={TOKEN}; other=1",
    "PUT /_stcore/upload_file/11111111-2222/33333333-4444",
    "passphrase='hunter2hunter2'",
)


@pytest.mark.parametrize("text", SECRETS)
def test_secrets_are_masked(text: str):
    for secret in (TOKEN, "hunter2hunter2", "anna.petrova", "33333333-4444"):
        assert secret not in masked(text)


def test_plain_sentences_stay_as_they_are():
    for text in ("incident 1A2B3C4D", "loaded 1500 rows of orders in 0.3 s", "http://localhost:8501/tree"):
        assert masked(text) == text


def test_every_logger_and_its_traces_pass_the_mask(caplog):
    before = logging.getLogRecordFactory()
    install()
    try:
        install()
        factory = logging.getLogRecordFactory()
        assert isinstance(factory, MaskingFactory) and factory.before is before
        try:
            raise ValueError(f"cannot reach postgresql://kpi:hunter2hunter2@db with {TOKEN}")
        except ValueError:
            logging.getLogger("some.library").error("failed for %s", "anna.petrova@shop.ru", exc_info=True)
        logging.getLogger("uvicorn.access").warning(
            '%s - "%s %s HTTP/%s" %d', "127.0.0.1", "GET", f"/s/{TOKEN}", "1.1", 200
        )
    finally:
        logging.setLogRecordFactory(before)
    for secret in (TOKEN, "hunter2hunter2", "anna.petrova"):
        assert secret not in caplog.text
    assert "Traceback" in caplog.text
