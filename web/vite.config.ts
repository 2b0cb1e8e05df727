import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const gateway = process.env.WECC_GATEWAY ?? "http://desk.localhost:8700";

interface Graph {
  getModuleInfo: (id: string) => { importers: readonly string[]; isEntry: boolean } | null;
}

/** Whether the first page needs a module: the entry imports it, directly or not, and not lazily. */
function isInitial(id: string, graph: Graph, seen = new Set<string>()): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const info = graph.getModuleInfo(id);
  if (!info) return false;
  return info.isEntry || info.importers.some((importer) => isInitial(importer, graph, seen));
}

/** One chunk for what rarely changes, one for the desk itself; everything lazy stays on its own. */
function chunkName(id: string, graph: Graph): string | null {
  if (!isInitial(id, graph)) return null;
  return id.includes("node_modules") ? "vendor" : "desk";
}

export default defineConfig({
  plugins: [react()],
  html: { cspNonce: "__WECC_NONCE__" },
  build: {
    outDir: "../gateway/static/web",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: chunkName }] } } },
  },
  server: { proxy: { "/api": { target: gateway, ws: true, changeOrigin: true } } },
  test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"], testTimeout: 20_000 },
});
