//! Nothing but a manifest: see `.ci/one-feature-set`.
