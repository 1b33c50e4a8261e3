package dev.raftsman.archiver;

import dev.raftsman.archive.Lease;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Leaves in the cluster which targets are out, for plans made elsewhere. One thread. */
final class OutageReport {
    /** One that nobody renews ends by itself: a new archiver counts outages anew. */
    private static final Duration LASTS = Duration.ofMinutes(5);

    private static final Logger LOG = LoggerFactory.getLogger(OutageReport.class);

    private final Lease lease;

    OutageReport(Lease lease) {
        this.lease = lease;
    }

    /** @param out when each target that is out began to be */
    void renew(CatalogView catalog, Map<String, Long> out) throws IOException {
        if (out.isEmpty() && catalog.outages() == null) {
            return;
        }
        CommandResult result = lease.execute(new Command.ReportOutages(lease.owner(), out, LASTS.toMillis()));
        if (!result.ok()) {
            LOG.warn("report of outages refused: {}", result);
        }
    }
}
