"""The application as the environment configures it, for uvicorn."""

import os
import sys

from .config import ConfigError, Settings
from .pages import create_app
from .sessions import SessionStore, dynamodb_client

try:
    settings = Settings.from_environment(os.environ)
except ConfigError as error:
    sys.exit(str(error))
app = create_app(settings, SessionStore(dynamodb_client(settings.AWS_REGION), settings))
