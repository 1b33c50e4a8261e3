package dev.raftsman.tls;

import dev.raftsman.config.Section;
import java.nio.file.Path;
import java.util.List;

/**
 * Where one end of a connection has what it shows and whom it believes.
 *
 * @param certificate PEM of the certificate it shows, intermediates after it; null if it shows none
 * @param key PEM of the certificate's private key; null if it shows none
 * @param trust PEM of the CAs whose certificates it believes; null if it asks for none
 */
public record TlsFiles(Path certificate, Path key, Path trust) {
    public TlsFiles {
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("certificate " + certificate + " with key " + key);
        }
    }

    /**
     * Takes the three keys from a section and reads the files, as the process will: what is wrong with them is reported where
     * they are named.
     *
     * @param given false: the section is left out, and null is returned
     * @param certificate explains the key of this name; so do {@code key} and {@code trust}
     * @param certificateRequired whether this end must show one
     * @return null if there are problems
     */
    public static TlsFiles read(
            Section section,
            boolean given,
            String certificate,
            boolean certificateRequired,
            String key,
            String trust,
            boolean trustRequired) {
        Path shown = path(section, "certificate", certificate);
        Path secret = path(section, "key", key);
        Path believed = path(section, "trust", trust);
        if (!given) {
            return null;
        }
        boolean good = present(section, "certificate", shown, certificateRequired || secret != null);
        good &= present(section, "key", secret, certificateRequired || shown != null);
        good &= present(section, "trust", believed, trustRequired);
        good &= shown == null || readable(section, "certificate", () -> PemFile.certificates(shown));
        good &= secret == null || readable(section, "key", () -> PemFile.privateKey(secret));
        good &= believed == null || readable(section, "trust", () -> PemFile.certificates(believed));
        if (!good) {
            return null;
        }
        TlsFiles files = new TlsFiles(shown, secret, believed);
        return readable(section, "key", () -> TlsMaterial.load(files)) ? files : null;
    }

    private static Path path(Section section, String key, String explanation) {
        return section.parsed(
                key,
                "",
                explanation,
                null,
                "path",
                text -> text.isEmpty() ? null : Path.of(text).toAbsolutePath());
    }

    private static boolean present(Section section, String key, Path path, boolean required) {
        if (path == null && required && !section.has(key)) {
            section.problem(key, "is missing", "the path of a PEM file");
        }
        return path != null || !required;
    }

    @FunctionalInterface
    private interface Reading {
        Object read() throws TlsFileException;
    }

    private static boolean readable(Section section, String key, Reading reading) {
        try {
            reading.read();
            return true;
        } catch (TlsFileException e) {
            section.problem(key, e.what(), e.expected());
            return false;
        }
    }

    /** Those that are given. */
    List<Path> paths() {
        return java.util.stream.Stream.of(certificate, key, trust)
                .filter(java.util.Objects::nonNull)
                .toList();
    }
}
