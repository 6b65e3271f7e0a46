/** By itself, so that it is loaded with the first request that leaves. */
export { Agent, fetch } from 'undici'
