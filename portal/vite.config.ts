import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const server = process.env.USHER_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  build: {
    outDir: '../dist/portal',
    emptyOutDir: true,
    // The content policy has no data: for fonts and scripts, so nothing is written inline.
    assetsInlineLimit: 0,
    rolldownOptions: {
      // Importing a part has no effect but the part: pages load only those they show.
      treeshake: { moduleSideEffects: [{ test: /portal\/src\/parts\//, sideEffects: false }] },
    },
  },
  server: {
    proxy: Object.fromEntries(['/api', '/saml', '/demo'].map((path) => [path, server])),
  },
})
