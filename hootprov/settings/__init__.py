"""Settings by place: `development` (embedded default), `production`, `test`; all build on `base`."""
