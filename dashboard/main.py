"""The served page: `panel serve dashboard`."""

from dashboard.page import page

page()
