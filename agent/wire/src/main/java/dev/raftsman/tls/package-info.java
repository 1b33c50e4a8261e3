/**
 * What a connection's two ends prove to each other, from PEM files; the JDK's classes only, no socket and no Netty.
 *
 * <p>In come the paths of a configuration ({@link dev.raftsman.tls.TlsFiles}), out go certificates and keys that were read,
 * checked and belong together ({@link dev.raftsman.tls.TlsMaterial}); again when the files have changed ({@link
 * dev.raftsman.tls.TlsRotation}). {@link dev.raftsman.tls.TlsFailure} says in an operator's words why a handshake failed.
 *
 * <p>Both ends speak TLS 1.3 and nothing older. Keys are PKCS#8 without a passphrase, in files that nobody but their owner
 * may read. No thread of its own.
 */
package dev.raftsman.tls;
