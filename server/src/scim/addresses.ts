/** Where one organisation is provisioned (SC-2, SC-4). */
export function scimAddresses(baseUrl: string, organisationId: string) {
  const base = `${baseUrl}/scim/${organisationId}`
  return { baseUrl: `${base}/v2`, tokenUrl: `${base}/oauth/token` }
}
