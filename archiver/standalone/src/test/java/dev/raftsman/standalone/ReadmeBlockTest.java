package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReadmeBlockTest {
    @Test
    void commentsBeforeABlockSayHowItIsRun() {
        ReadmeBlock block = ReadmeBlock.in("""
                        ## One
                        <!-- run beside three collectors -->
                        <!-- runs until Ctrl-C -->
                        ```sh
                        ./raftsman wal tail -f wal      # as they come
                        ```
                        """).get(0);
        assertThat(block.section()).isEqualTo("One");
        assertThat(block.line()).isEqualTo(5);
        assertThat(block.leftOut()).isNull();
        assertThat(block.running()).containsExactly("three collectors", "./raftsman wal tail -f wal");
    }

    @Test
    void aCommentThatIsNotKnownIsNotPassedOver() {
        assertThatThrownBy(() -> ReadmeBlock.in("<!-- not run: no time -->\n```sh\nls\n```\n"))
                .hasMessageContaining("not run: no time");
    }

    @Test
    void linesWhoseOutputIsSeenAreToldFromThoseWithAPipe() {
        assertThat(ReadmeBlock.prints("./raftsman status   # a | b")).isTrue();
        assertThat(ReadmeBlock.prints("./raftsman cat x | cmp - y")).isFalse();
        assertThat(ReadmeBlock.prints("until ./raftsman status; do sleep 1; done"))
                .isFalse();
    }

    @Test
    void aTranscriptGivesEachCommandItsOutput() {
        List<String> script = List.of("set -e", "first", "second", "third");
        ReadmeTranscript transcript = new ReadmeTranscript(script, "set -e\nfirst\none\ntwo\nsecond\nthird\nthree\n");
        assertThat(transcript.output(1)).isEqualTo("one\ntwo\n");
        assertThat(transcript.output(2)).isEmpty();
        assertThat(transcript.output(3)).isEqualTo("three\n");
        assertThat(new ReadmeTranscript(script, "set -e\nfirst\noops\n").reached())
                .isEqualTo(2);
    }
}
