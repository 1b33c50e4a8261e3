package dev.raftsman.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what stands between the BEGIN and END lines of a file; text around them is left alone, as by other readers. */
final class PemFile {
    /** No bundle of CAs is larger; what is, is something else. */
    private static final int MAX_BYTES = 4 << 20;

    private static final Pattern BLOCK = Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)(-----END \\1-----)?");
    private static final List<String> KEY_ALGORITHMS = List.of("EC", "RSA", "EdDSA");
    private static final String A_CERTIFICATE = "PEM: -----BEGIN CERTIFICATE-----";
    private static final String A_KEY = "PKCS#8 in PEM without a passphrase: -----BEGIN PRIVATE KEY-----";

    private PemFile() {}

    private record Block(String label, String body, boolean ended) {}

    /** At least one, in the file's order. */
    static List<X509Certificate> certificates(Path file) throws TlsFileException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks(file)) {
            if (block.label.equals("CERTIFICATE")) {
                certificates.add(certificate(file, block, certificates.size() + 1));
            }
        }
        if (certificates.isEmpty()) {
            throw new TlsFileException(file, "holds no certificate", A_CERTIFICATE);
        }
        return List.copyOf(certificates);
    }

    private static X509Certificate certificate(Path file, Block block, int number) throws TlsFileException {
        byte[] der = der(file, block, "certificate " + number);
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException e) {
            throw new TlsFileException(
                    file, "has a certificate " + number + " that is malformed: " + e.getMessage(), A_CERTIFICATE, e);
        }
    }

    /** The one private key of a file that only its owner may read. */
    static PrivateKey privateKey(Path file) throws TlsFileException {
        requirePrivate(file);
        List<Block> keys = blocks(file).stream()
                .filter(block -> block.label.endsWith("PRIVATE KEY"))
                .toList();
        if (keys.size() != 1) {
            throw new TlsFileException(file, keys.isEmpty() ? "holds no private key" : "holds several keys", A_KEY);
        }
        Block key = keys.get(0);
        if (!key.label.equals("PRIVATE KEY")) {
            throw new TlsFileException(
                    file,
                    "holds '" + key.label + "', which is not read",
                    A_KEY + " (openssl pkcs8 -topk8 -nocrypt -in " + file + " makes one)");
        }
        PKCS8EncodedKeySpec encoded = new PKCS8EncodedKeySpec(der(file, key, "private key"));
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
            } catch (GeneralSecurityException notThisOne) {
                // The encoding names its algorithm, but the JDK has no way to ask for it.
            }
        }
        // Without a cause: an exception on a key may show parts of it.
        throw new TlsFileException(
                file, "has a private key that is malformed or of an unknown kind", "a key of EC, RSA or EdDSA");
    }

    private static void requirePrivate(Path file) throws TlsFileException {
        int mode;
        try {
            mode = (Integer) Files.getAttribute(file, "unix:mode") & 0777;
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        if ((mode & 077) != 0) {
            throw new TlsFileException(
                    file,
                    "has mode %04o: others than its owner may read or change the key".formatted(mode),
                    "mode 0600: chmod 600 " + file);
        }
    }

    private static List<Block> blocks(Path file) throws TlsFileException {
        String text;
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw new TlsFileException(file, "has " + Files.size(file) + " bytes", "at most " + MAX_BYTES);
            }
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (TlsFileException e) {
            throw e;
        } catch (IOException e) {
            throw unreadable(file, e);
        }
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            blocks.add(new Block(matcher.group(1), matcher.group(2), matcher.group(3) != null));
        }
        return blocks;
    }

    private static byte[] der(Path file, Block block, String what) throws TlsFileException {
        if (!block.ended) {
            throw new TlsFileException(
                    file, "has a " + what + " without its end", "-----END " + block.label + "----- after it");
        }
        try {
            return Base64.getDecoder().decode(block.body.replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            throw new TlsFileException(file, "has a " + what + " that is no base64", "PEM as openssl writes it");
        }
    }

    private static TlsFileException unreadable(Path file, IOException e) {
        String what = e instanceof NoSuchFileException
                ? "is not there"
                : e instanceof AccessDeniedException ? "may not be read by this user" : "cannot be read (" + e + ")";
        return new TlsFileException(file, what, "a readable PEM file", e);
    }
}
