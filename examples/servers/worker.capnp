# `workerd serve worker.capnp` serves src/worker.ts, bundled into out/worker.bundle.js.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .app)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const app :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "out/worker.bundle.js")],
  compatibilityDate = "2026-08-04",  # the first with `nodejs_compat` by default
);
