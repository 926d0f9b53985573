/**
 * The proof that a pipeline's tables and accounts don't depend on how its records came: bounded or
 * live, in order or not, once or twice, with failures or without.
 */
package dev.millrace.runners.certify;
