package dev.raftsman.ingest;

import dev.raftsman.config.Section;
import dev.raftsman.tls.TlsFiles;

/**
 * TLS of the ingest port, as configured.
 *
 * @param clientsRequired whether a sidecar must show a certificate of one of the trusted CAs
 */
public record IngestTls(TlsFiles files, boolean clientsRequired) {
    private static final String REQUIRE = "require";
    private static final String NONE = "none";

    public IngestTls {
        if (clientsRequired && files.trust() == null) {
            throw new IllegalArgumentException("certificates are required of clients, and no CA is trusted");
        }
    }

    /** The section {@code tls} of a section; null if it is left out, or has problems. */
    public static IngestTls read(Section parent) {
        Section section = parent.section("tls", "TLS 1.3 for sidecars; left out: plain text.");
        TlsFiles files = TlsFiles.read(
                section,
                parent.has("tls"),
                "PEM file: the certificate shown, intermediates after it; for the host of this node's 'ingest' in raft.peers.",
                true,
                "PEM file: the certificate's private key, PKCS#8, mode 0600.",
                "PEM file: the CAs that may vouch for sidecars; left out: none has to show a certificate.",
                false);
        String clients = section.parsed(
                "clients",
                "",
                "Whether sidecars must show a certificate; left out: require if there is a 'trust'.",
                "",
                "require|none",
                text -> {
                    if (!text.isEmpty() && !text.equals(REQUIRE) && !text.equals(NONE)) {
                        throw new IllegalArgumentException(text);
                    }
                    return text;
                });
        if (files == null) {
            return null;
        }
        if (clients.equals(REQUIRE) && files.trust() == null) {
            section.problem("clients", "nobody is trusted to vouch for them", "a 'trust' beside it");
            return null;
        }
        return new IngestTls(files, files.trust() != null && !clients.equals(NONE));
    }
}
