"""The version's colors as a stylesheet whose name has a hash of its content, as bundlers name files.

Only the version that made a page has the file that it names: of the other one it is a 404.
"""

import hashlib

from .config import Version

FOREVER = "public, max-age=31536000, immutable"


def theme_css(version: Version) -> str:
    """The stylesheet; none of the values can end its declaration."""
    values = {"background": version.BACKGROUND_COLOR, "color": version.COLOR, "font": version.FONT_FAMILY}
    return f":root {{ {' '.join(f'--{name}: {_clean(value)};' for name, value in values.items())} }}\n"


def theme_path(version: Version) -> str:
    """Path of the stylesheet, such as `/assets/theme.0f3a9c1b.css`."""
    digest = hashlib.sha256(theme_css(version).encode()).hexdigest()
    return f"/assets/theme.{digest[:8]}.css"


def _clean(value: str) -> str:
    return "".join(character for character in value if character not in ";{}<>\\\n")
