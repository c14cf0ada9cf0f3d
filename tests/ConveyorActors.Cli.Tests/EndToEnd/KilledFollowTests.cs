using System.Globalization;
using System.Text;

namespace ConveyorActors.Cli.Tests.EndToEnd;

/// <summary>
/// A log that is written and rotated all the time, by a run that is killed again and again. CONVEYOR_FOLLOW_KILLS says
/// how often (5, or 20 with `--all`).
/// </summary>
public class KilledFollowTests : EndToEndTests
{
    static readonly int Kills = Thoroughness.Count("CONVEYOR_FOLLOW_KILLS", 3, 20);

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_line_of_a_rotated_log_comes_out_once_and_in_order_over_killed_runs(bool hasStage)
    {
        string[] arguments =
        [
            "run",
            "--progress",
            "none",
            "--data",
            "state",
            "--source",
            "app.log",
            "--follow",
            "--sink",
            "out",
            .. hasStage
                ? ["--stage", "same=cat", "--keep-order", "--workers", "2", "--batch", "50"]
                : Array.Empty<string>(),
        ];
        var log = Path.Combine(Folder, "app.log");
        File.WriteAllText(log, "0\n");
        // Known to be followed before anything is renamed.
        using (var first = Conveyor.Start(Folder, withInput: false, arguments))
        {
            await UntilAsync(() => Length("out") > 0);
            first.Signal("KILL");
            await first.EndAsync();
        }
        using var over = new CancellationTokenSource();
        var writing = Task.Run(() => WriteAsync(log, over.Token));
        var lives = new Lives(
            () => Conveyor.Start(Folder, withInput: false, arguments),
            () => Length("out"),
            _ => false
        )
        {
            Longest = 400,
        };

        Assert.Null(await lives.LiveAsync(Kills));
        await over.CancelAsync();
        var lines = await writing;
        using var last = Conveyor.Start(Folder, withInput: false, arguments);
        var expected = string.Concat(Enumerable.Range(0, lines).Select(Line));
        await UntilAsync(() => Length("out") >= expected.Length);
        last.Signal("INT");
        var result = await last.EndAsync();

        Sane(result);
        Assert.True(
            expected == Read("out"),
            $"{lines} lines were written, and after {lives.Kills} kills the sink is another"
        );
    }

    /// <summary>Returns how many lines it wrote.</summary>
    static async Task<int> WriteAsync(string log, CancellationToken over)
    {
        var (line, rotations, random) = (1, 0, new Random());
        while (!over.IsCancellationRequested)
        {
            var text = new StringBuilder();
            for (var more = random.Next(40); more >= 0; more--)
                text.Append(Line(line++));
            // In two parts, so that a line is found half written too.
            var half = random.Next(text.Length);
            File.AppendAllText(log, text.ToString(0, half));
            File.AppendAllText(log, text.ToString(half, text.Length - half));
            if (random.Next(25) == 0)
            {
                File.Move(log, $"{log}.{++rotations}");
                await Task.Delay(random.Next(30), CancellationToken.None);
                File.WriteAllText(log, "");
            }
            await Task.Delay(10, CancellationToken.None);
        }
        return line;
    }

    static string Line(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{number}{new string('.', number % 71)}\n");

    long Length(string name) => new FileInfo(Path.Combine(Folder, name)) is { Exists: true } file ? file.Length : 0;

    static async Task UntilAsync(Func<bool> holds)
    {
        for (var began = TimeProvider.System.GetTimestamp(); !holds(); await Task.Delay(10))
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(90));
    }
}
