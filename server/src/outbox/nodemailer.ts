/** By itself, so that it is loaded with the first mail. */
export { createTransport } from 'nodemailer'
