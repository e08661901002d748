"""`python -m provider.generate`: writes provider/schema.json."""

from .package import SCHEMA_FILE, text

if __name__ == "__main__":
    SCHEMA_FILE.write_text(text(), encoding="utf-8")
