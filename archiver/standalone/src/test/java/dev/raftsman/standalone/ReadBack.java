package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;

/** Streams read back by one {@code raftsman cat --raw}: its output is theirs one after the other, and nothing else. */
final class ReadBack {
    private ReadBack() {}

    private static byte[] cat(List<String> place, Collection<String> streams) {
        List<String> arguments = new ArrayList<>(List.of("cat"));
        arguments.addAll(place);
        arguments.add("--raw");
        arguments.addAll(streams);
        Ran cat = Ran.raftsman(arguments.toArray(String[]::new));
        assertThat(cat.exitCode()).as(cat.error()).isZero();
        return cat.outputBytes();
    }

    /**
     * Each stream is its file, byte for byte.
     *
     * @param place where to read: options of {@code cat}
     * @param note of what can help to see a failure again
     */
    static void equalsFiles(List<String> place, Map<String, Path> files, String note) throws IOException {
        byte[] found = cat(place, files.keySet());
        SoftAssertions all = new SoftAssertions();
        int at = 0;
        for (Map.Entry<String, Path> file : files.entrySet()) {
            byte[] bytes = Files.readAllBytes(file.getValue());
            int end = Math.min(at + bytes.length, found.length);
            // isEqualTo would print both files.
            all.assertThat(Arrays.equals(found, at, end, bytes, 0, bytes.length))
                    .as("%s comes back byte for byte, %s", file.getKey(), note)
                    .isTrue();
            at = end;
        }
        all.assertThat(found.length - at).as("bytes of nobody, %s", note).isZero();
        all.assertAll();
    }

    /** Each stream is what was offered. */
    static void equalsOffered(List<String> place, List<Offered> offered, String note) {
        byte[] found = cat(place, offered.stream().map(Offered::stream).toList());
        int at = 0;
        for (Offered stream : offered) {
            int end = (int) Math.min(at + stream.bytes(), found.length);
            Offered.Tally tally = new Offered.Tally();
            tally.write(found, at, end - at);
            assertThat(tally.offered(stream.stream())).as(note).isEqualTo(stream);
            at = end;
        }
        assertThat(found.length - at).as("bytes of nobody, %s", note).isZero();
    }
}
