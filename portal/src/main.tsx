import '@fontsource-variable/inter/index.css'
import './app/portal.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Portal } from './app/Portal.tsx'

const root = document.getElementById('root')
if (!root) throw new Error('The page has no #root to render into.')
createRoot(root).render(
  <StrictMode>
    <Portal />
  </StrictMode>,
)
