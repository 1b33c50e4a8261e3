package dev.raftsman.tls;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * What the files held: read, and the key is the certificate's. Immutable.
 *
 * @param chain what is shown, the own certificate first; empty if none is
 * @param key of the first of the chain; null if there is none
 * @param trusted CAs that are believed; empty if none are asked for
 */
public record TlsMaterial(List<X509Certificate> chain, PrivateKey key, List<X509Certificate> trusted) {
    private static final int PROBE_BYTES = 32;

    /** Reads all files. @throws TlsFileException naming the first that cannot be used */
    public static TlsMaterial load(TlsFiles files) throws TlsFileException {
        List<X509Certificate> chain =
                files.certificate() == null ? List.of() : PemFile.certificates(files.certificate());
        PrivateKey key = files.key() == null ? null : PemFile.privateKey(files.key());
        List<X509Certificate> trusted = files.trust() == null ? List.of() : PemFile.certificates(files.trust());
        if (key != null && !belong(key, chain.get(0).getPublicKey())) {
            throw new TlsFileException(
                    files.key(),
                    "is not the key of " + files.certificate(),
                    "the private key of that file's first certificate");
        }
        return new TlsMaterial(chain, key, trusted);
    }

    /** Says it by a signature, which holds for every kind of key. */
    private static boolean belong(PrivateKey key, PublicKey certified) {
        String algorithm = key.getAlgorithm();
        if (!algorithm.equals(certified.getAlgorithm())) {
            return false;
        }
        byte[] probe = new byte[PROBE_BYTES];
        new SecureRandom().nextBytes(probe);
        try {
            Signature signature = Signature.getInstance(
                    switch (algorithm) {
                        case "EC" -> "SHA256withECDSA";
                        case "RSA" -> "SHA256withRSA";
                        default -> algorithm;
                    });
            signature.initSign(key);
            signature.update(probe);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(probe);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // another curve or length than the certificate's
        }
    }

    /** Shows the one certificate, or none. */
    public X509ExtendedKeyManager keyManager() {
        return new OneIdentity(this);
    }

    /** Why the own certificate would not be taken now, such as "has expired"; empty if nothing is known against it. */
    public String invalidity() {
        if (!chain.isEmpty()) {
            try {
                chain.get(0).checkValidity();
            } catch (CertificateExpiredException e) {
                return TlsFailure.Kind.EXPIRED.words();
            } catch (CertificateNotYetValidException e) {
                return TlsFailure.Kind.NOT_YET_VALID.words();
            }
        }
        return "";
    }

    /** Names the own certificate in a log line. */
    public String describe() {
        if (chain.isEmpty()) {
            return "certificate=none";
        }
        X509Certificate own = chain.get(0);
        return "certificate=" + own.getSubjectX500Principal() + ", notAfter="
                + own.getNotAfter().toInstant();
    }
}
