using System.Globalization;
using ConveyorActors.Storage.Files;
using Xunit.Abstractions;

namespace ConveyorActors.Storage.Tests.PowerCuts;

/// <summary>
/// Every write and sync of the store is written down, and from that disks are made as a power cut could leave them at
/// any moment. CONVEYOR_POWER_SEED repeats a run, CONVEYOR_POWER_RUNS says how many there are, CONVEYOR_POWER_CUTS at
/// how many moments each is cut off.
/// </summary>
public sealed class PowerCutTests(ITestOutputHelper output)
{
    const int Lives = 2,
        Actions = 120;

    static readonly int Runs = Thoroughness.Count("CONVEYOR_POWER_RUNS", 2, 4),
        Cuts = Thoroughness.Count("CONVEYOR_POWER_CUTS", 80, 300);

    int promises,
        folds;

    [LinuxFact]
    public async Task A_power_cut_at_any_moment_loses_nothing_that_was_acknowledged()
    {
        var only = Environment.GetEnvironmentVariable("CONVEYOR_POWER_SEED");
        var first = only is null
            ? Random.Shared.Next(int.MaxValue - 100)
            : int.Parse(only, CultureInfo.InvariantCulture);
        output.WriteLine($"seeds from {first}");
        for (var seed = first; seed < first + (only is null ? Runs : 1); seed++)
        {
            try
            {
                await RunAsync(seed, _ => true);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }
        output.WriteLine($"{promises} promises, the data file was synced {folds} times");
        Assert.True(promises > 10 && folds > 2, "too little happened to prove anything");
    }

    [LinuxTheory]
    [InlineData(DataFile.Name + "-wal")]
    [InlineData(DataFile.Name)]
    public async Task A_disk_that_falsely_reports_a_sync_is_detected(string name)
    {
        var found = await Assert.ThrowsAnyAsync<InvalidOperationException>(() =>
            RunAsync(1, h => h is not Happening.Synced synced || synced.Name != name)
        );
        output.WriteLine(found.Message);
    }

    [Fact]
    public async Task A_torn_tail_is_detected_again_on_every_read()
    {
        using var temp = new TempDirectory();
        await DataDirectory.Open(temp.Path).DisposeAsync();
        using (var last = LastWritten.Open(temp.Path))
            last.Write(2, 0);
        for (var opening = 0; opening < 3; opening++)
        {
            await using var directory = DataDirectory.Open(temp.Path);
            Assert.Equal(FindingKind.TornTail, Assert.Single(directory.Findings).Kind);
        }
    }

    /// <summary>
    /// A run, cut off at many moments; then a second one that begins on one of the disks that were left.
    /// </summary>
    async Task RunAsync(int seed, Func<Happening, bool> isTrue)
    {
        var random = new Random(seed);
        using var place = new TempDirectory();
        var path = place["new/data"];
        using var left = new TempDirectory();
        for (var life = 0; life < Lives; life++)
        {
            var journal = new Journal();
            journal.Begin(life == 0 ? path : left.Path);
            await using (var workload = new Workload(random, journal, isHurried: seed % 2 == 0))
                await workload.PlayAsync(Actions);
            var happenings = journal.All;
            promises += happenings.Count(h => h is Happening.Promised);
            folds += happenings.OfType<Happening.Synced>().Count(s => s.Name == DataFile.Name);
            await CutAsync(
                [.. happenings.Where((h, i) => i < journal.Prelude || isTrue(h))],
                journal.Prelude,
                random,
                life == 0 ? left : null
            );
        }
    }

    static async Task CutAsync(Happening[] happenings, int from, Random random, TempDirectory? left)
    {
        var cuts = Enumerable.Range(0, Cuts).Select(_ => random.Next(from, happenings.Length + 1)).Order().ToArray();
        var kept = random.Next(cuts.Length / 2, cuts.Length);
        var (disk, oracle) = (new Disk(), new PowerOracle());
        var at = 0;
        for (var i = 0; i < cuts.Length; i++)
        {
            for (; at < cuts[i]; at++)
            {
                disk.Take(happenings[at]);
                oracle.Take(happenings[at]);
            }
            // What is being done has happened, and has not been answered yet.
            var next = happenings.Skip(at).OfType<Happening.IsSo>().FirstOrDefault()?.State;
            using var image = TempDirectory.Fast();
            var isThere = disk.Write(image.Path, random);
            if (i == kept && isThere && left is not null)
                foreach (var file in Directory.EnumerateFiles(image.Path))
                    File.Copy(file, left[Path.GetFileName(file)]);
            try
            {
                if (isThere)
                    await oracle.CheckAsync(image.Path, next, random);
                else
                    oracle.CheckNothing();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException(
                    $"cut {i}, after {at} of {happenings.Length} happenings: {e.Message}",
                    e
                );
            }
        }
    }
}
