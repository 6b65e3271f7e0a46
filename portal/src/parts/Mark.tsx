/** The product's mark: a door, ajar. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="shrink-0">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path
        d="M9 25V9a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v16"
        fill="none"
        stroke="#fff"
        strokeOpacity=".55"
        strokeWidth="2"
        strokeLinecap="round"
      />
      <path d="M12 8.2 19 11a1.6 1.6 0 0 1 1 1.5V26l-8-3.2z" fill="#fff" />
      <circle cx="17.4" cy="18.2" r="1.1" fill="var(--accent)" />
    </svg>
  )
}
