package dev.raftsman.cli;

import dev.raftsman.event.LossReason;
import dev.raftsman.standalone.Bytes;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalFile;
import dev.raftsman.wal.WalProgress;
import dev.raftsman.wal.WalSurvey;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What {@code wal inspect} says of one log.
 *
 * @param stream empty where each excerpt names its own: see {@code streams}
 * @param writer alive, gone or unknown
 * @param claimed greatest sequence given to an event; -1 if none was or nobody knows
 * @param written position of the last excerpt appended, null if there is none or nobody knows
 * @param forced the same of the last one forced to the disk
 * @param unwritten events that were claimed and are in no excerpt: in the ring of a living writer, lost with a dead one
 * @param losses of events that got no sequence, by reason
 * @param bytes of all files
 * @param quotaBytes 0 if not known
 * @param damages see {@code wal verify}
 */
record WalReport(
        String path,
        String tenant,
        String producer,
        String stream,
        String incarnation,
        String started,
        String writer,
        List<StreamPart> streams,
        long excerpts,
        long claimed,
        Place written,
        Place forced,
        long unwritten,
        Map<LossReason, Losses> losses,
        List<FilePart> files,
        long bytes,
        long quotaBytes,
        long reserveBytes,
        long freeBytes,
        int damages) {
    /** What there is of one stream. */
    record StreamPart(String stream, long first, long last, long excerpts) {}

    /** Where an excerpt stands. */
    record Place(int file, int excerpt) {
        static Place of(long position) {
            return position < 0 ? null : new Place(WalFile.numberOf(position), WalFile.excerptOf(position));
        }

        @Override
        public String toString() {
            return "excerpt " + excerpt + " of file " + file;
        }
    }

    record Losses(long lost, long declared) {}

    record FilePart(String name, long bytes, long excerpts, long first, long last) {}

    static WalReport of(WalDirectory log, WalBar bar) throws IOException {
        String writer = WalPlace.writer(log); // before the look, so that "gone" holds for all that is seen
        Map<String, StreamPart> streams = new TreeMap<>();
        long[] last = {Excerpt.UNKNOWN, -1};
        WalSurvey survey = WalSurvey.of(log, new WalSurvey.Listener() {
            @Override
            public String excerpt(Excerpt excerpt, WalFile file, long offset) {
                last[0] = Math.max(last[0], excerpt.firstSequence() + excerpt.count() - 1);
                last[1] = excerpt.position();
                try {
                    String stream = WalEvents.stream(log, excerpt);
                    long end = excerpt.firstSequence() + excerpt.count() - 1;
                    streams.merge(
                            stream,
                            new StreamPart(stream, excerpt.firstSequence(), end, 1),
                            (before, now) -> new StreamPart(
                                    stream,
                                    before.first(),
                                    Math.max(before.last(), now.last()),
                                    before.excerpts() + 1));
                    return null;
                } catch (WalEvents.MalformedException e) {
                    return e.getMessage();
                }
            }

            @Override
            public void surveyed(long bytes) {
                bar.reached(bytes);
            }
        });
        bar.next(log.walFiles().stream().mapToLong(WalFile::bytes).sum());
        Optional<WalProgress> progress = log.progress();
        long claimed = progress.map(WalProgress::claimed).orElse(WalProgress.NONE);
        List<FilePart> files = new ArrayList<>();
        for (WalSurvey.FileSurvey file : survey.files()) {
            files.add(new FilePart(
                    file.file().path().getFileName().toString(),
                    file.file().bytes(),
                    file.excerpts(),
                    file.firstSequence(),
                    file.lastSequence()));
        }
        long free;
        try {
            free = Files.getFileStore(log.path()).getUsableSpace();
        } catch (IOException deletedMeanwhile) {
            free = 0;
        }
        boolean rows = !log.identity().stream().isEmpty();
        return new WalReport(
                log.path().toString(),
                log.identity().tenant(),
                log.identity().producer(),
                log.identity().stream(),
                log.identity().incarnation().toString(),
                Instant.ofEpochMilli(log.identity().startMillis()).toString(),
                writer,
                List.copyOf(streams.values()),
                survey.excerpts(),
                claimed,
                progress.map(page -> Place.of(page.written())).orElse(null),
                progress.map(page -> Place.of(page.forced())).orElse(null),
                rows ? Math.max(0, claimed - last[0]) : 0,
                losses(progress, last[1]),
                files,
                log.bytesOnDisk(),
                progress.map(WalProgress::quotaBytes).orElse(0L),
                progress.map(WalProgress::reserveBytes).orElse(0L),
                free,
                survey.damages().size());
    }

    private static Map<LossReason, Losses> losses(Optional<WalProgress> progress, long lastPosition) {
        Map<LossReason, Losses> losses = new EnumMap<>(LossReason.class);
        progress.ifPresent(page -> {
            for (LossReason reason : LossReason.values()) {
                long lost = page.lost(reason);
                if (lost > 0) {
                    losses.put(reason, new Losses(lost, page.declared(reason, lastPosition)));
                }
            }
        });
        return losses;
    }

    String text() {
        StringBuilder text = new StringBuilder(path).append('\n');
        row(
                text,
                "whose",
                "tenant=" + tenant + " producer=" + producer + (stream.isEmpty() ? "" : " stream=" + stream));
        row(text, "incarnation", incarnation + ", started " + started);
        row(text, "writer", writer);
        for (StreamPart part : streams) {
            row(
                    text,
                    "events",
                    (stream.isEmpty() ? "stream=" + part.stream() + " " : "")
                            + (part.last() < part.first() ? "none" : "sequences " + part.first() + ".." + part.last())
                            + " in " + part.excerpts() + " excerpts");
        }
        if (streams.isEmpty()) {
            row(text, "events", "none");
        }
        if (!stream.isEmpty()) {
            String what = unwritten == 0
                    ? ""
                    : writer.equals("alive")
                            ? ", " + unwritten + " of them not written yet"
                            : ", " + unwritten + " of them never written";
            row(text, "claimed", claimed < 0 ? "nothing, or not known" : "through sequence " + claimed + what);
        }
        row(text, "written", written == null ? "nothing, or not known" : "through " + written);
        row(text, "forced", forced == null ? "nothing, or not known" : "through " + forced);
        losses.forEach((reason, losses) -> row(
                text,
                "lost",
                reason + " " + losses.lost() + " events without a sequence, " + losses.declared() + " declared"));
        String quota = quotaBytes == 0
                ? ", quota not known"
                : String.format(
                        Locale.ROOT,
                        " of a quota of %s (%.1f %%), %s kept free",
                        Bytes.text(quotaBytes),
                        100.0 * bytes / quotaBytes,
                        Bytes.text(reserveBytes));
        row(text, "disk", Bytes.text(bytes) + quota + ", " + Bytes.text(freeBytes) + " free");
        for (FilePart file : files) {
            row(
                    text,
                    "file",
                    file.name() + " " + Bytes.text(file.bytes()) + ", " + file.excerpts() + " excerpts"
                            + (file.last() < 0 || stream.isEmpty()
                                    ? ""
                                    : ", sequences " + file.first() + ".." + file.last()));
        }
        row(text, "damage", damages == 0 ? "none" : "places: " + damages + ", see raftsman wal verify");
        return text.toString();
    }

    private static void row(StringBuilder text, String name, String value) {
        text.append("  ")
                .append(name)
                .append(" ".repeat(12 - name.length()))
                .append(value)
                .append('\n');
    }
}
