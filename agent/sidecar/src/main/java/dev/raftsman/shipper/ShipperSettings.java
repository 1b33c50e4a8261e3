package dev.raftsman.shipper;

import dev.raftsman.block.Labels;
import dev.raftsman.config.Section;
import dev.raftsman.tls.TlsFiles;
import java.time.Duration;

/**
 * How WALs are shipped.
 *
 * @param tls what the connection to the collectors is secured with; null: plain text
 * @param blockBytes raw bytes of an application's rows after which a block is finished
 * @param linger how long rows may wait at most for more of them before they become a block
 * @param labels of every block that is made of rows
 * @param discovery how often the roots are looked up for new WALs
 */
public record ShipperSettings(
        SessionSettings session, TlsFiles tls, int blockBytes, Duration linger, Labels labels, Duration discovery) {
    public static final Duration DEFAULT_DISCOVERY = Duration.ofMillis(500);

    /** The section {@code tls} of the section {@code shipper}; null if it is left out. */
    public static TlsFiles readTls(Section shipper) {
        return LinkTls.read(shipper);
    }
}
