package dev.raftsman.archiver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.archive.ArchiveKey;
import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.block.BlockReader;
import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.PreparedView;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.cold.ByteRanges;
import dev.raftsman.cold.ColdObjectReader;
import dev.raftsman.objects.Sha256;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.Policy;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.restore.Audit;
import dev.raftsman.restore.ColdArchive;
import dev.raftsman.restore.HotCluster;
import dev.raftsman.restore.SegmentSource;
import dev.raftsman.restore.StreamReader;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentId;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What must hold of archivers whatever happens to them, each told by its first word:
 *
 * <pre>
 *   object      each segment that is to be kept cold is in one object, once
 *   entry       and on one manifest page, once; what was given up is recorded there once
 *   bytes       what lies in the store is what was stored, and reads back as what was written
 *   verified    a COMMIT quotes an object that is there whole and was read back since; so nothing hot goes before
 *   orphan      nothing is left in a store or in staging that nobody will ever need
 *   ingest      everything written is there once, or given up by policy
 *   truncation  what was given up was to be, by age, by its mark, or by an outage as long as the policy says
 *   declared    a segment that no collector sends is told of
 *   bounded     staging holds an object and its segments at most; nothing is read or sent in one piece but what is small;
 *               what was opened is closed
 * </pre>
 */
final class ArchiverOracles implements SimCluster.Witness {
    private static final long LEAST_HOT_MILLIS = 5 * ArchiverSimulation.MINUTE;
    private static final long OUTAGE_MILLIS = 15 * ArchiverSimulation.MINUTE;
    private static final long KEEP_MILLIS = 60 * ArchiverSimulation.MINUTE;
    private static final int LEAST_TO_STOP = 3;
    private static final long PIECE_BYTES = 256 << 10;
    private static final long STAGING_SLACK_BYTES = 32 << 10;

    private final TestState cluster;
    private final Map<String, SimStore> stores;
    private final RetentionPolicies policies;
    private final long objectBytes;
    private final List<String> complaints = new ArrayList<>();
    private final ObjectMapper json = new ObjectMapper();

    /** What each archiver says that no collector sends. */
    private final Map<SimArchiver, Integer> unavailable = new HashMap<>();

    private final Map<SimArchiver, Integer> mismatches = new HashMap<>();

    ArchiverOracles(TestState cluster, Map<String, SimStore> stores, RetentionPolicies policies, long objectBytes) {
        this.cluster = cluster;
        this.stores = stores;
        this.policies = policies;
        this.objectBytes = objectBytes;
    }

    List<String> complaints() {
        return complaints;
    }

    private void require(boolean holds, String what) {
        if (!holds) {
            complaints.add(what);
        }
    }

    ArchiveListener listener(SimArchiver archiver) {
        return new ArchiveListener() {
            @Override
            public void done(Decision decision) {}

            @Override
            public void stored(String target, long bytes) {}

            @Override
            public void failed(String step) {}

            @Override
            public void mismatch() {
                mismatches.merge(archiver, 1, Integer::sum);
            }

            @Override
            public void unavailable(int segments) {
                unavailable.put(archiver, segments);
            }
        };
    }

    /** Whether it may have given a segment up until a person has looked and started it anew. */
    boolean waitsForAPerson(SimArchiver archiver) {
        return mismatches.getOrDefault(archiver, 0) >= LEAST_TO_STOP;
    }

    void killed(SimArchiver archiver) {
        mismatches.remove(archiver);
        unavailable.remove(archiver);
    }

    @Override
    public void executed(SimArchiver by, Command command, CommandResult result, CatalogView before) {
        if (!result.ok()) {
            return;
        }
        if (command instanceof Command.Commit commit) {
            committed(commit, before);
        } else if (command instanceof Command.Truncate truncate) {
            truncate.segments().forEach(ref -> truncated(ref, before));
        } else if (command instanceof Command.Expire expire) {
            expire.segments().forEach(ref -> expired(ref, before));
        }
    }

    private void committed(Command.Commit commit, CatalogView before) {
        for (SegmentView segment : before.segments()) {
            PreparedView prepared = segment.prepared();
            if (prepared != null && prepared.token().equals(commit.token())) {
                SimStore store = stores.get(prepared.target());
                byte[] object = store.objects().get(prepared.key());
                require(
                        object != null
                                && object.length == commit.bytes()
                                && Sha256.of(object).equals(commit.sha256()),
                        "verified: " + segment.id() + " committed, but under " + prepared.key() + " is "
                                + (object == null ? "nothing" : "something else"));
                require(
                        store.wasReadBack(prepared.key()),
                        "verified: " + segment.id() + " committed, and nobody has read " + prepared.key() + " back");
            }
        }
    }

    private void truncated(SegmentRef ref, CatalogView before) {
        SegmentView segment = before.segment(ref.segment()).orElseThrow();
        long now = cluster.nowMillis();
        Policy policy = policies.policyFor(segment.tenant(), segment.stream()).orElseThrow();
        boolean old = now - segment.sealedAtMillis() >= LEAST_HOT_MILLIS;
        boolean right = switch (policy.name()) {
            case "chatter" -> segment.mark() != null && segment.mark().dueMillis() <= now;
            case "spill" -> now - stores.get("far").failingSinceMillis() >= OUTAGE_MILLIS;
            default -> false;
        };
        require(
                old && right,
                "truncation: " + segment.id() + " of " + segment.stream() + " given up at " + now + ", sealed at "
                        + segment.sealedAtMillis() + ", mark " + segment.mark() + ", far fails since "
                        + stores.get("far").failingSinceMillis());
    }

    private void expired(SegmentRef ref, CatalogView before) {
        SegmentView segment = before.segment(ref.segment()).orElseThrow();
        require(
                segment.stream().equals("brief") && cluster.nowMillis() - segment.sealedAtMillis() >= KEEP_MILLIS,
                "truncation: " + segment.id() + " of " + segment.stream() + " expired at " + cluster.nowMillis()
                        + ", sealed at " + segment.sealedAtMillis());
    }

    void endOfTurn(SimArchiver archiver) {
        if (!archiver.isInRound()) {
            require(bytesIn(archiver.staging()) == 0, "orphan: left in staging of " + archiver.owner());
        }
    }

    /** At any time. */
    void lookAtStaging(List<SimArchiver> archivers) {
        long longest = cluster.catalog().segments().stream()
                .mapToLong(SegmentView::bytes)
                .max()
                .orElse(0);
        long most = 2 * Math.max(objectBytes, longest) + STAGING_SLACK_BYTES;
        for (SimArchiver archiver : archivers) {
            long bytes = bytesIn(archiver.staging());
            require(bytes <= most, "bounded: staging of " + archiver.owner() + " holds " + bytes + ", not " + most);
        }
        boolean idle = archivers.stream().noneMatch(SimArchiver::isInRound);
        for (SimStore store : stores.values()) {
            require(
                    store.mostAtOnce() <= PIECE_BYTES,
                    "bounded: " + store.mostAtOnce() + " bytes of " + store.name() + " in one piece");
            require(
                    store.streamsOpen() <= (idle ? 0 : archivers.size()),
                    "bounded: " + store.streamsOpen() + " streams of " + store.name() + " open");
        }
    }

    private static long bytesIn(Path staging) {
        if (!Files.isDirectory(staging)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(staging)) {
            long bytes = 0;
            for (Path file : (Iterable<Path>) files::iterator) {
                bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
            }
            return bytes;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** After a node has dropped its copies of what is cold. */
    void lookAtWhatIsCold() throws IOException {
        for (SegmentView segment : cluster.catalog().segments()) {
            ArchiveView archive = segment.archive();
            if (segment.state().hot()) {
                try (SegmentFile file = cluster.segment(segment)) {
                    require(file != null, "bytes: " + segment.id() + " is " + segment.state() + " and not here");
                }
            } else if (segment.state() == SegmentState.ARCHIVED) {
                byte[] object = stores.get(archive.target()).objects().get(archive.key());
                require(
                        object != null && Sha256.of(object).equals(archive.sha256()),
                        "bytes: " + segment.id() + " has no hot copy any more, and " + archive.key() + " is "
                                + (object == null ? "not there" : "something else"));
            }
        }
    }

    /**
     * When all is done.
     *
     * @param written by stream, every line
     * @param lost segments that no collector sends even now
     */
    void judge(Map<String, StringBuilder> written, List<SimArchiver> archivers, Set<SegmentId> lost, Path cache)
            throws IOException {
        lookAtStaging(archivers);
        CatalogView catalog = cluster.catalog();
        require(catalog.freeze() == null, "truncation: frozen " + catalog.freeze());
        Set<SegmentId> stuck = states(catalog, lost);
        require(
                stuck.size()
                        <= unavailable.values().stream()
                                .mapToInt(Integer::intValue)
                                .sum(),
                "declared: " + stuck + " cannot be fetched; told of are " + unavailable.values());
        for (SimStore store : stores.values()) {
            judge(store, catalog);
        }
        readBack(written, cache);
    }

    /** @return segments that are not where they belong, because nobody sends them */
    private Set<SegmentId> states(CatalogView catalog, Set<SegmentId> lost) {
        Set<SegmentId> stuck = new HashSet<>();
        for (SegmentView segment : catalog.segments()) {
            if (segment.state() == SegmentState.SEALED && lost.contains(segment.id())) {
                stuck.add(segment.id());
            } else {
                boolean empty = segment.state() == SegmentState.OPEN && segment.blocks() == 0;
                require(
                        empty || !segment.state().hot(),
                        "object: " + segment.id() + " of " + segment.stream() + " is " + segment.state() + ", prepared "
                                + segment.prepared() + ", mark " + segment.mark());
            }
        }
        return stuck;
    }

    /** What the pages say, read as plain JSON. */
    private static final class Pages {
        private final Map<String, List<JsonNode>> archived = new TreeMap<>();
        private final Map<String, List<JsonNode>> truncated = new TreeMap<>();
        private final Set<String> snapshots = new HashSet<>();
        private final Set<String> abortedKeys = new HashSet<>();
    }

    private Pages pages(SimStore store) throws IOException {
        Pages pages = new Pages();
        int number = 0;
        for (Map.Entry<String, byte[]> object : store.objects().entrySet()) {
            if (!object.getKey().startsWith("manifest/")) {
                continue;
            }
            JsonNode page = json.readTree(object.getValue());
            require(
                    page.path("page").asInt(-1) == number,
                    "entry: " + object.getKey() + " comes after page " + (number - 1));
            number++;
            for (JsonNode entry : page.path("entries")) {
                String segment = entry.path("segment").path("id").asText();
                switch (entry.path("outcome").asText()) {
                    case "archived" ->
                        pages.archived
                                .computeIfAbsent(segment, id -> new ArrayList<>())
                                .add(entry);
                    case "truncated" ->
                        pages.truncated
                                .computeIfAbsent(segment, id -> new ArrayList<>())
                                .add(entry);
                    case "snapshot" -> pages.snapshots.add(entry.path("key").asText());
                    case "dropped" -> pages.snapshots.remove(entry.path("key").asText());
                    case "aborted" -> pages.abortedKeys.add(entry.path("key").asText());
                    default -> complaints.add("entry: " + entry);
                }
            }
        }
        return pages;
    }

    private void judge(SimStore store, CatalogView catalog) throws IOException {
        Pages pages = pages(store);
        Set<String> needed = new HashSet<>(pages.snapshots);
        for (SegmentView segment : catalog.segments()) {
            List<JsonNode> archived = pages.archived.getOrDefault(segment.id().toString(), List.of());
            List<JsonNode> truncated = pages.truncated.getOrDefault(segment.id().toString(), List.of());
            ArchiveView archive = segment.archive();
            boolean here = archive != null && archive.target().equals(store.name());
            require(
                    archived.size() == (here ? 1 : 0),
                    "entry: " + segment.id() + " is " + segment.state() + " and has " + archived.size() + " entries in "
                            + store.name());
            boolean recorded = segment.state() == SegmentState.TRUNCATED
                    && (archive == null ? recordTarget(segment) : archive.target()).equals(store.name());
            require(
                    truncated.size() == (recorded ? 1 : 0),
                    "entry: " + segment.id() + " is " + segment.state() + " and given up on " + truncated.size()
                            + " pages in " + store.name());
            if (here && archived.size() == 1) {
                require(
                        archived.get(0).path("key").asText().equals(archive.key())
                                && archived.get(0).path("sha256").asText().equals(archive.sha256()),
                        "entry: " + segment.id() + " has " + archived.get(0) + "; committed is " + archive);
            }
            if (here && segment.state() == SegmentState.ARCHIVED) {
                needed.add(archive.key());
            }
            if (isAnnounced(segment, store)
                    && store.objects().containsKey(segment.prepared().key())) {
                needed.add(segment.prepared().key()); // Stored, and not proved since nobody sends it any more.
            }
        }
        Map<SegmentId, List<String>> objectsOf = objectsOf(store, pages);
        for (SegmentView segment : catalog.segments()) {
            boolean here = segment.state() == SegmentState.ARCHIVED
                    && segment.archive().target().equals(store.name());
            List<String> objects = objectsOf.getOrDefault(segment.id(), List.of());
            // One that shares its object goes with the last of them.
            boolean mayRest = segment.archive() != null
                            && needed.contains(segment.archive().key())
                    || isAnnounced(segment, store);
            require(
                    objects.size() == (here ? 1 : 0) || !here && mayRest && objects.size() == 1,
                    "object: " + segment.id() + " is " + segment.state() + " and in " + objects + " of "
                            + store.name());
        }
        for (String key : store.objects().keySet()) {
            boolean evidence = store.wasDamaged(key) && pages.abortedKeys.contains(key);
            require(
                    key.startsWith("manifest/") || needed.contains(key) || evidence,
                    "orphan: " + key + " in " + store.name());
        }
        require(store.objects().keySet().containsAll(needed), "object: not all of " + needed + " in " + store.name());
    }

    private static boolean isAnnounced(SegmentView segment, SimStore store) {
        return segment.prepared() != null && segment.prepared().target().equals(store.name());
    }

    private String recordTarget(SegmentView segment) {
        return policies.policyFor(segment.tenant(), segment.stream())
                .flatMap(policies::recordTarget)
                .orElseThrow();
    }

    /** By segment, the objects that hold it; damaged ones that nobody counts on are left out. */
    private Map<SegmentId, List<String>> objectsOf(SimStore store, Pages pages) {
        Map<SegmentId, List<String>> objectsOf = new HashMap<>();
        Map<String, SegmentId> byDigest = new HashMap<>();
        cluster.catalog().segments().forEach(segment -> byDigest.put(segment.sha256(), segment.id()));
        store.objects().forEach((key, bytes) -> {
            boolean evidence = store.wasDamaged(key) && pages.abortedKeys.contains(key);
            if (evidence || !key.startsWith("segments/") && !key.startsWith("cas/")) {
                return;
            }
            try {
                List<SegmentId> held = new ArrayList<>();
                if (ArchiveKey.isCold(key)) {
                    try (ColdObjectReader reader = ColdObjectReader.open(ranges(key, bytes))) {
                        reader.index()
                                .segments()
                                .forEach(segment -> held.add(segment.header().id()));
                    }
                } else {
                    SegmentId id = byDigest.get(Sha256.of(bytes));
                    require(id != null, "bytes: " + key + " is no segment");
                    held.add(id);
                }
                held.forEach(id ->
                        objectsOf.computeIfAbsent(id, any -> new ArrayList<>()).add(key));
            } catch (IOException e) {
                complaints.add("bytes: " + key + " in " + store.name() + ": " + e.getMessage());
            }
        });
        return objectsOf;
    }

    private static ByteRanges ranges(String name, byte[] bytes) {
        return new ByteRanges() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public long length() {
                return bytes.length;
            }

            @Override
            public byte[] read(long offset, int length) {
                return Arrays.copyOfRange(bytes, (int) offset, (int) offset + length);
            }
        };
    }

    private void readBack(Map<String, StringBuilder> written, Path cache) throws IOException {
        List<SegmentSource> sources = new ArrayList<>();
        sources.add(new HotCluster(cluster, cache));
        stores.values().forEach(store -> sources.add(new ColdArchive(store.name(), store.bare())));
        try (StreamReader reader = StreamReader.open(sources);
                BlockReader blocks = new BlockReader()) {
            Audit audit = reader.audit();
            long lines = written.values().stream()
                    .mapToLong(text -> text.chars().filter(c -> c == '\n').count())
                    .sum();
            require(
                    audit.events() + audit.truncated() == lines && audit.isSound(),
                    "ingest: written " + lines + ", " + audit.text());
            for (Map.Entry<String, StringBuilder> stream : written.entrySet()) {
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                reader.readStream(
                        TestState.TENANT,
                        stream.getKey(),
                        (segment, epoch, index, block) -> blocks.writeRaw(block, out));
                require(
                        isWithin(
                                out.toString(StandardCharsets.UTF_8),
                                stream.getValue().toString()),
                        "bytes: " + stream.getKey() + " reads back as other lines than were written");
            }
        } catch (IOException e) {
            complaints.add("bytes: " + e.getMessage());
        }
    }

    /** Whether these lines are lines of the whole, in its order. */
    private static boolean isWithin(String lines, String whole) {
        int at = 0;
        for (String line : lines.lines().toList()) {
            int found = whole.indexOf(line + "\n", at);
            if (found < 0) {
                return false;
            }
            at = found + line.length() + 1;
        }
        return true;
    }
}
