using System.Globalization;
using ConveyorActors.Pipelines.Tests.Sources.Following;
using ConveyorActors.Tests;

namespace ConveyorActors.Pipelines.Tests.Runs;

/// <summary>
/// Any sequence of appending, renaming, cutting short, stopping and going on, beside a model that knows which lines
/// were written, and which may be lost because a file was cut short before they could be read. CONVEYOR_FOLLOW_SEED
/// chooses the sequences.
/// </summary>
public sealed class FollowModelTests : FollowTests
{
    const int Steps = 40;

    static readonly int Runs = Thoroughness.Count("CONVEYOR_FOLLOW_RUNS", 3, 60),
        Seed = Thoroughness.Seed("CONVEYOR_FOLLOW_SEED");

    /// <summary>A file that was written.</summary>
    sealed class LogFile(string path)
    {
        public string Path { get; set; } = path;

        /// <summary>What was written of its last line.</summary>
        public string Partial { get; set; } = "";

        /// <summary>Lines that were written since all was read.</summary>
        public List<string> Unread { get; } = [];
    }

    [LinuxFact]
    public async Task Every_line_of_a_followed_file_comes_out_once_unless_it_was_truncated_unread()
    {
        for (var i = 0; i < Runs; i++)
        {
            var seed = Seed + i;
            using var temp = new TempDirectory();
            await using var world = new World(temp, new Random(seed));
            try
            {
                for (var step = 0; step < Steps; step++)
                    await world.StepAsync();
                await world.SettleAsync();
                world.AssertOnce();
            }
            catch (Exception e)
            {
                Assert.Fail($"CONVEYOR_FOLLOW_SEED={seed}: {string.Join(", ", world.Done)}: {e.Message}");
            }
        }
    }

    sealed class World(TempDirectory temp, Random random) : IAsyncDisposable
    {
        readonly string log = temp.Path("app.log"),
            sink = temp.Path("out"),
            state = temp.Path("state");
        readonly bool shifts = random.Next(2) == 0;
        readonly List<LogFile> renamed = [];
        readonly HashSet<string> expected = [],
            maybe = [];
        LogFile? current;
        FollowedRun? run;
        int lines,
            rotations,
            sinceRotation;

        public List<string> Done { get; } = [];

        public async Task StepAsync()
        {
            sinceRotation++;
            if (Done.Count == 0)
            {
                // What was renamed before anyone followed the file is not read.
                Write(current = new(log), 1);
                await SettleAsync();
            }
            if (current is null && random.Next(2) == 0)
                current = new(log);
            switch (random.Next(12))
            {
                case 0 or 1 or 2 or 3:
                    Write(current, random.Next(1, 40));
                    break;
                case 4:
                    WritePartial(current);
                    break;
                case 5 or 6:
                    await RenameAsync();
                    break;
                case 7:
                    if (sinceRotation < 3 && renamed.Count > 0)
                        Write(renamed[^1], 1, "late");
                    break;
                case 8:
                    Cut();
                    break;
                case 9:
                    await ToggleAsync();
                    break;
                case 10:
                    await SettleAsync();
                    break;
                default:
                    await PassAsync();
                    break;
            }
        }

        /// <summary>Lets the follower read all there is.</summary>
        public async Task SettleAsync()
        {
            Done.Add("settle");
            if (run is null)
                await ToggleAsync();
            await run!.UntilAsync(
                () => expected.IsSubsetOf(Lines()),
                () => $"missing: {string.Join(' ', expected.Except(Lines()).Take(10))}"
            );
            // What may be there has been looked at then, too.
            await run.PassAsync(TimeSpan.FromSeconds(1));
            foreach (var file in renamed)
                file.Unread.Clear();
            current?.Unread.Clear();
        }

        public void AssertOnce()
        {
            var all = Lines();
            Assert.Equal(all.Count, all.Distinct().Count());
            Assert.Subset(expected.Union(maybe).ToHashSet(), all.ToHashSet());
            Assert.Superset(expected, all.ToHashSet());
        }

        public async ValueTask DisposeAsync()
        {
            if (run is not null)
                await run.DisposeAsync();
        }

        List<string> Lines() =>
            File.Exists(sink) ? [.. File.ReadAllText(sink).Split('\n', StringSplitOptions.RemoveEmptyEntries)] : [];

        void Write(LogFile? file, int count, string what = "write")
        {
            if (file is null)
                return;
            Done.Add(string.Create(CultureInfo.InvariantCulture, $"{what} {count}"));
            var text = "";
            for (var i = 0; i < count; i++)
            {
                var rest = string.Create(CultureInfo.InvariantCulture, $"{++lines}{new string('.', random.Next(60))}");
                Take(file, file.Partial + rest);
                text += rest + "\n";
                file.Partial = "";
            }
            File.AppendAllText(file.Path, text);
        }

        void Take(LogFile file, string line)
        {
            expected.Add(line);
            file.Unread.Add(line);
        }

        void WritePartial(LogFile? file)
        {
            if (file is null)
                return;
            Done.Add("partial");
            var more = string.Create(CultureInfo.InvariantCulture, $"part{++lines}-");
            file.Partial += more;
            File.AppendAllText(file.Path, more);
        }

        async Task RenameAsync()
        {
            if (current is not { } file || !File.Exists(log))
                return;
            Done.Add("rename");
            rotations++;
            if (shifts)
            {
                for (var n = 0; n < renamed.Count; n++)
                    Move(renamed[n], $"{log}.{renamed.Count - n + 1}");
                Move(file, log + ".1");
            }
            else
                Move(file, $"{log}.{rotations}");
            renamed.Add(file);
            current = random.Next(3) == 0 ? null : new(log);
            if (current is not null)
                await File.WriteAllTextAsync(log, "");
            sinceRotation = 0;
            // The clock of a file system ticks every few milliseconds.
            await Task.Delay(10);
        }

        static void Move(LogFile file, string to)
        {
            File.Move(file.Path, to);
            file.Path = to;
        }

        void Cut()
        {
            if (current is not { } file || !File.Exists(log))
                return;
            Done.Add("cut");
            foreach (var line in file.Unread)
            {
                expected.Remove(line);
                maybe.Add(line);
            }
            file.Unread.Clear();
            file.Partial = "";
            Truncate(log);
        }

        async Task ToggleAsync()
        {
            Done.Add(run is null ? "start" : "stop");
            if (run is { } running)
            {
                run = null;
                await running.StopAsync();
                await running.DisposeAsync();
                return;
            }
            run = FollowedRun.Start(
                new()
                {
                    Sources = [Followed(log)],
                    Stages = [],
                    Sink = new(sink),
                },
                state
            );
        }

        async Task PassAsync()
        {
            Done.Add("pass");
            if (run is not null)
                await run.PassAsync(TimeSpan.FromMilliseconds(random.Next(800)));
        }
    }
}
