package dev.raftsman.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.Labels;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LabelTableTest {
    private static final Labels WEB_1 = Labels.of(Map.of("env", "prod", "host.name", "web-1"));
    private static final Labels WEB_2 = Labels.of(Map.of("env", "prod", "host.name", "web-2"));

    private final LabelTable table = new LabelTable(null);

    private Map<String, String> known(int stream) {
        return table.views().stream()
                .filter(row -> row.stream() == stream)
                .findFirst()
                .map(StreamLabels::known)
                .orElse(null);
    }

    private void segment(int stream, Labels... blocks) {
        table.begun(stream);
        for (Labels block : blocks) {
            table.appended(stream, block);
        }
        table.sealed(stream);
    }

    @Test
    void areWhatAllBlocksOfASegmentAgreeIn() {
        segment(1, WEB_1, WEB_1);
        assertThat(known(1)).isEqualTo(WEB_1.asMap());
        segment(1, WEB_1, WEB_2, WEB_1);
        assertThat(known(1)).isEqualTo(Map.of("env", "prod"));
        segment(1, WEB_1, Labels.NONE);
        assertThat(known(1)).isEmpty();
        segment(1, WEB_2);
        assertThat(known(1)).as("a mistake lasts for one segment").isEqualTo(WEB_2.asMap());
    }

    @Test
    void ofASegmentThatIsStillWrittenCountOnlyWhereNoneIsFinished() {
        table.begun(1);
        assertThat(known(1)).isNull();
        table.appended(1, WEB_1);
        assertThat(known(1)).isEqualTo(WEB_1.asMap());
        table.sealed(1);
        table.begun(1);
        table.appended(1, Labels.NONE);
        assertThat(known(1)).isEqualTo(WEB_1.asMap());
    }

    @Test
    void stayAsTheyWereAfterASegmentOfNothingButGaps() {
        segment(1, WEB_1);
        segment(1);
        assertThat(known(1)).isEqualTo(WEB_1.asMap());
    }

    /** A node that was updated while the segment was written has not looked at its first blocks; others have. */
    @Test
    void areNotKnownOfASegmentWhoseBeginningNobodyLookedAt() {
        table.appended(1, WEB_1);
        table.sealed(1);
        assertThat(known(1)).isNull();
        segment(1, WEB_2);
        assertThat(known(1)).isEqualTo(WEB_2.asMap());
    }

    @Test
    void outliveARestartInTheMiddleOfASegment() {
        segment(1, WEB_1);
        table.begun(1);
        table.appended(1, WEB_1);
        table.begun(7);
        List<StreamLabels> image = table.views();
        LabelTable again = new LabelTable(image);
        assertThat(again.views()).isEqualTo(image);
        again.appended(1, WEB_2);
        again.sealed(1);
        assertThat(again.views().get(0).known()).isEqualTo(Map.of("env", "prod"));
    }
}
