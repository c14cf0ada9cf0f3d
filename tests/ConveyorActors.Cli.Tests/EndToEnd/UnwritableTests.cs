using System.Runtime.Versioning;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>
/// Data directories that may not be written. The superuser may write everything: then another user runs the program.
/// </summary>
[SupportedOSPlatform("linux")]
public class UnwritableTests : EndToEndTests
{
    const string Unprivileged = """
        conveyor() {
            if [ "$(id -u)" = 0 ]; then setpriv --reuid=65534 --regid=65534 --clear-groups "$PROGRAM" "$@"; else "$PROGRAM" "$@"; fi
        }

        """;

    const UnixFileMode ReadAll = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        EnterAll = ReadAll | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    [UnprivilegedFact]
    public async Task A_read_only_data_directory_is_refused_by_every_verb_and_unchanged()
    {
        Numbers("in", 10);
        Assert.Equal(0, (await RunAsync("--data", "state", "--source", "in", "--sink", "out")).Exit);
        File.Delete(Path.Combine(Folder, "out"));
        var state = Path.Combine(Folder, "state");
        var before = Picture(state);
        File.SetUnixFileMode(Folder, EnterAll);
        File.SetUnixFileMode(state, EnterAll);
        foreach (var file in Directory.EnumerateFiles(state))
            File.SetUnixFileMode(file, ReadAll);
        try
        {
            foreach (
                var words in new[]
                {
                    "run --data state --source in --sink out",
                    "inspect state",
                    "peek state sink",
                    "fsck state",
                    "fsck state --repair",
                }
            )
                await RefusesAsync(words, $"data directory '{state}' cannot be written: permission denied");
            await RefusesAsync(
                "run --data new --source in --sink out",
                $"data directory '{Path.Combine(Folder, "new")}' cannot be created: permission denied"
            );
        }
        finally
        {
            foreach (var path in new[] { Folder, state })
                File.SetUnixFileMode(path, EnterAll | UnixFileMode.UserWrite);
        }
        Assert.Equal(before, Picture(state));
        Assert.False(File.Exists(Path.Combine(Folder, "out")));
    }

    [UnprivilegedFact]
    public async Task A_read_only_data_file_is_refused_by_every_verb_and_unchanged()
    {
        Numbers("in", 10);
        Assert.Equal(0, (await RunAsync("--data", "state", "--source", "in", "--sink", "out")).Exit);
        var state = Path.Combine(Folder, "state");
        var before = Picture(state);
        File.SetUnixFileMode(Folder, EnterAll);
        File.SetUnixFileMode(Path.Combine(state, "conveyor.db"), ReadAll);
        Assert.Equal(0, (await Conveyor.ScriptAsync(Folder, "[ $(id -u) != 0 ] || chown -R 65534:65534 state")).Exit);
        try
        {
            foreach (
                var (words, what) in new[]
                {
                    ("inspect state", "opened"),
                    ("run --data state --source in --sink out", "opened"),
                    ("fsck state", "checked"),
                    ("fsck state --repair", "repaired"),
                }
            )
                await RefusesAsync(words, $"data directory '{state}' cannot be {what}: the data file may only be read");
        }
        finally
        {
            File.SetUnixFileMode(Folder, EnterAll | UnixFileMode.UserWrite);
        }
        Assert.Equal(before, Picture(state));
    }

    async Task RefusesAsync(string words, string reason)
    {
        var result = await Conveyor.ScriptAsync(Folder, $"{Unprivileged}conveyor {words}");
        Sane(result);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.Equal((2, 1), (result.Exit, result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length));
    }

    static string[] Picture(string path) =>
        [
            .. Directory
                .EnumerateFileSystemEntries(path)
                .Where(f => Path.GetFileName(f) != "process")
                .Order()
                .Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(File.ReadAllBytes(f))}"),
        ];
}
