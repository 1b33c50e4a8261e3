package dev.raftsman.appender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.event.Level;
import dev.raftsman.ring.FullPolicy;
import dev.raftsman.ring.SyncPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class AppenderSettingsTest {
    private final AppenderSettings.Texts texts =
            new AppenderSettings.Texts().put(Setting.APP, "checkout").put(Setting.DIRECTORY, "/var/lib/wal");

    @Test
    void whatIsLeftOutHasItsDefault() {
        AppenderSettings settings = texts.put(Setting.STREAM, " ").check();
        assertThat(settings.stream()).isEqualTo("checkout");
        assertThat(settings.tenant()).isEqualTo("default");
        assertThat(settings.syncLevel()).isNull();
        assertThat(settings.syncMarker()).isNull();
        assertThat(settings.callerData()).isFalse();
        assertThat(settings.ring().slots()).isEqualTo(8192);
        assertThat(settings.ring().whenFull()).isEqualTo(FullPolicy.BLOCK);
        assertThat(settings.ring().sync()).isEqualTo(SyncPolicy.INTERVAL);
        assertThat(settings.ring().maxBlock()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.wal().quotaBytes()).isEqualTo(1L << 30);
        assertThat(settings.wal().reserveBytes()).isEqualTo(512L << 20);
        assertThat(settings.wal().forceInterval()).isEqualTo(Duration.ofMillis(100));
    }

    @Test
    void caseAndBlanksDoNotMatterInChoices() {
        AppenderSettings settings = texts.put(Setting.WHEN_FULL, " DROP ")
                .put(Setting.SYNC_LEVEL, "warn")
                .put(Setting.CALLER_DATA, "True")
                .check();
        assertThat(settings.ring().whenFull()).isEqualTo(FullPolicy.DROP);
        assertThat(settings.syncLevel()).isEqualTo(Level.WARN);
        assertThat(settings.callerData()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "APP,a b,expected 1 to 200 characters",
        "STREAM,-x,expected 1 to 200 characters",
        "TENANT,Acme,'expected 1 to 63 characters of a-z, 0-9 and -'",
        "WHEN_FULL,sometimes,'expected one of block, drop'",
        "MAX_BLOCK,1,expected a duration such as 100ms",
        "SYNC,often,'expected one of never, interval, always'",
        "SYNC_INTERVAL,0ms,expected more than 0ms",
        "SYNC_LEVEL,LOUD,'expected TRACE, DEBUG, INFO, WARN, ERROR, OFF'",
        "QUOTA,1GB,expected a size such as 64MiB",
        "QUOTA,1KiB,expected at least",
        "RESERVE,-1B,expected a size such as 64MiB",
        "SLOTS,100,'expected a power of two, 2 to 1048576'",
        "SLOTS,many,'expected a power of two, 2 to 1048576'",
        "CALLER_DATA,yes,expected true or false"
    })
    void aWrongValueIsNamedWithItsKeyAndWhatWasExpected(Setting setting, String text, String expected) {
        assertThatThrownBy(texts.put(setting, text)::check)
                .isInstanceOfSatisfying(
                        InvalidSettingsException.class,
                        wrong -> assertThat(wrong.problems())
                                .singleElement()
                                .asString()
                                .startsWith(setting.key() + ": '" + text + "'; ")
                                .contains(expected));
    }

    @Test
    void everyProblemIsNamedAtOnce() {
        AppenderSettings.Texts wrong =
                new AppenderSettings.Texts().put(Setting.SYNC, "often").put(Setting.QUOTA, "much");
        assertThatThrownBy(wrong::check)
                .isInstanceOfSatisfying(
                        InvalidSettingsException.class,
                        all -> assertThat(all.problems())
                                .hasSize(4)
                                .contains("app: missing; expected a name", "directory: missing; expected a path"));
    }

    @Test
    void readmeShowsEverySettingAsTheCodeReadsIt() throws IOException {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.exists(directory.resolve("LICENSE"))) {
            directory = directory.getParent();
        }
        assertThat(Files.readString(directory.resolve("README.md")))
                .as("README's table of the appender's settings is Setting.markdown()")
                .contains(Setting.markdown());
    }
}
