package dev.raftsman.restore;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.SegmentRanges;
import dev.raftsman.search.WordFile;
import dev.raftsman.segment.SegmentId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What collectors know of words in segments that are to be searched. Whoever asks takes along all that are wanted by then: of
 * many short segments the requests are what takes longest. Any thread.
 */
final class WordsAhead {
    private final Map<SegmentId, CompletableFuture<Optional<WordFile>>> answers = new ConcurrentHashMap<>();
    private final List<Wanted> wanted = new ArrayList<>();

    private record Wanted(SegmentView segment, CompletableFuture<Optional<WordFile>> answer) {}

    /** Somebody will {@link #ask} after this. */
    void want(SegmentView segment) {
        CompletableFuture<Optional<WordFile>> answer = new CompletableFuture<>();
        answers.put(segment.id(), answer);
        synchronized (wanted) {
            wanted.add(new Wanted(segment, answer));
        }
    }

    /** Asks for all that are wanted and were not asked for. */
    void ask(SegmentRanges ranges, SearchScope scope) {
        List<Wanted> asked;
        synchronized (wanted) {
            asked = List.copyOf(wanted);
            wanted.clear();
        }
        if (asked.isEmpty()) {
            return;
        }
        Map<SegmentId, WordFile> files = new HashMap<>();
        try {
            List<SegmentView> segments = asked.stream().map(Wanted::segment).toList();
            ranges.words(segments, scope.words().all()).forEach(file -> files.put(file.segment(), file));
        } finally {
            asked.forEach(one -> one.answer()
                    .complete(Optional.ofNullable(files.get(one.segment().id()))));
        }
    }

    /** Of one segment, whether it was wanted or not; waits if it was. */
    Optional<WordFile> of(SegmentView segment, SegmentRanges ranges, SearchScope scope) {
        CompletableFuture<Optional<WordFile>> answer = answers.remove(segment.id());
        return answer != null
                ? answer.join()
                : ranges.words(List.of(segment), scope.words().all()).stream().findFirst();
    }
}
