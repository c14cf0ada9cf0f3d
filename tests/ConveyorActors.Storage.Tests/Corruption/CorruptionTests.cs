using System.Collections.Concurrent;
using ConveyorActors.Buffers.Service;
using Xunit.Abstractions;

namespace ConveyorActors.Storage.Tests.Corruption;

/// <summary>
/// Bytes of a small directory flipped, one at a time, and files cut at many lengths: one of each <see cref="Span"/>, or
/// all of them with `--all`. Which they are, and which bits of a byte are flipped, is left to chance:
/// CONVEYOR_FLIP_SEED repeats a run.
/// </summary>
public sealed class CorruptionTests(ITestOutputHelper output)
{
    const int Span = 32;

    readonly int seed = Thoroughness.Seed("CONVEYOR_FLIP_SEED");

    [Fact]
    public async Task A_flipped_byte_in_the_data_file_is_harmless_or_reported() =>
        await EachFlip(isKilled: false, SmallStore.DataFile, CheckAsync);

    [Fact]
    public async Task A_flipped_byte_in_the_log_is_harmless_or_reported() =>
        await EachFlip(isKilled: true, SmallStore.Log, CheckAsync);

    [Fact]
    public async Task A_flipped_byte_in_the_data_file_beneath_a_log_is_harmless_or_reported() =>
        await EachFlip(isKilled: true, SmallStore.DataFile, CheckAsync);

    [Fact]
    public async Task A_flipped_byte_in_the_small_files_is_harmless_or_reported()
    {
        await EachFlip(isKilled: true, "last", CheckAsync);
        await EachFlip(isKilled: true, "process", CheckAsync);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Repair_after_any_flipped_byte_leaves_an_intact_directory(bool isKilled) =>
        await EachFlip(isKilled, SmallStore.DataFile, RepairAsync);

    [Fact]
    public async Task A_lost_or_outdated_page_is_harmless_or_reported_and_can_be_repaired()
    {
        using var whole = await SmallStore.MakeAsync(isKilled: false);
        var bytes = File.ReadAllBytes(whole.Kept[SmallStore.DataFile]);
        var pages = bytes.Length / SmallStore.PageSize;
        foreach (var check in new[] { CheckAsync, RepairAsync })
        {
            await Each(
                "pages of zeros",
                pages,
                page =>
                    check(
                        whole,
                        SmallStore.DataFile,
                        With(bytes, page, new byte[bytes.Length]),
                        $"page {page} of zeros"
                    )
            );
            await Each(
                "older pages",
                Math.Min(pages, whole.Older.Length / SmallStore.PageSize),
                page =>
                    check(whole, SmallStore.DataFile, With(bytes, page, whole.Older), $"page {page} as it was before")
            );
        }
    }

    [Fact]
    public async Task A_truncated_file_is_harmless_or_reported()
    {
        foreach (var isKilled in new[] { false, true })
        {
            using var whole = await SmallStore.MakeAsync(isKilled);
            foreach (var name in Directory.GetFiles(whole.Kept.Path).Select(f => Path.GetFileName(f)).Order())
            {
                var bytes = File.ReadAllBytes(whole.Kept[name]);
                await Each(
                    $"seed {seed}, {name}",
                    bytes.Length,
                    length => CheckAsync(whole, name, bytes[..length], $"seed {seed}, {name} cut to {length} bytes")
                );
            }
        }
    }

    enum Outcome
    {
        Harmless,
        Reported,
        Refused,
    }

    async Task EachFlip(bool isKilled, string name, Func<SmallStore, string, byte[], string, Task<Outcome>> check)
    {
        using var whole = await SmallStore.MakeAsync(isKilled);
        var bytes = File.ReadAllBytes(whole.Kept[name]);
        var masks = new byte[bytes.Length];
        var random = new Random(seed + 1);
        for (var i = 0; i < masks.Length; i++)
            masks[i] = (byte)random.Next(1, 256);
        var counts = await Each(
            $"seed {seed}, {name}",
            bytes.Length,
            at =>
            {
                var flipped = (byte[])bytes.Clone();
                flipped[at] ^= masks[at];
                return check(
                    whole,
                    name,
                    flipped,
                    $"seed {seed}, {name} with byte {at} flipped from {bytes[at]} to {flipped[at]}"
                );
            }
        );
        Assert.True(
            bytes.Length < 100
                || counts.GetValueOrDefault(Outcome.Reported) + counts.GetValueOrDefault(Outcome.Refused) > 0
        );
    }

    async Task<IReadOnlyDictionary<Outcome, int>> Each(string name, int count, Func<int, Task<Outcome>> check)
    {
        var counts = new ConcurrentDictionary<Outcome, int>();
        var began = TimeProvider.System.GetTimestamp();
        var some = count < 100 ? Enumerable.Range(0, count) : Thoroughness.Some(count, Span, new Random(seed));
        await Parallel.ForEachAsync(
            some,
            async (at, _) =>
            {
                var outcome = await check(at);
                counts.AddOrUpdate(outcome, 1, (_, before) => before + 1);
            }
        );
        output.WriteLine(
            $"{name}: {counts.Values.Sum()} of {count} cases: {string.Join(", ", counts.Select(c => $"{c.Value} {c.Key}"))} in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:F1} s"
        );
        return counts;
    }

    /// <summary>Opens a copy with one file changed.</summary>
    static async Task<Outcome> CheckAsync(SmallStore whole, string name, byte[] changed, string what)
    {
        using var copy = Copy(whole, name, changed);
        try
        {
            DataDirectory directory;
            try
            {
                directory = DataDirectory.Open(copy.Path);
            }
            catch (StorageException)
            {
                return Outcome.Refused;
            }
            await using var opened = directory;
            var view = StoreView.Of(directory);
            var findings = directory.Findings;
            // Where the newest transactions are missing, and that is reported, what is there is as it was before them.
            if (findings.Any(f => f.Place == SmallStore.Log))
                Assert.True(whole.States.Contains(view.All), $"{what}: there never was\n{view.All}");
            else
                Assert.Null(view.WhatWasNeverIn(whole.Last));
            Assert.True(
                findings.Count > 0 || view.All == whole.Last.All,
                $"nothing was reported, and what is there is\n{view.All}\ninstead of\n{whole.Last.All}"
            );
            // And it can be worked with: it adds up, and what comes in now goes through. Tried with some: it takes
            // longer than all the rest.
            if (Random.Shared.Next(4) != 0)
                return findings.Count > 0 ? Outcome.Reported : Outcome.Harmless;
            await using var service = new EmbeddedBufferService(null, directory);
            if ((await service.GetPipelinesAsync()).Contains(SmallStore.Pipeline))
                Assert.True((await service.GetSnapshotAsync(SmallStore.Pipeline)).IsConserved, "it is not conserved");
            Assert.True(
                (
                    await service.BufferForStageAsync(
                        SmallStore.Pipeline,
                        "new",
                        "s",
                        new ConveyorRecord("r", new byte[10]),
                        AckLevel.Persisted
                    )
                ).IsAccepted
            );
            return findings.Count > 0 ? Outcome.Reported : Outcome.Harmless;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{what}: {e.Message}", e);
        }
    }

    /// <summary>Repairs a copy with one file changed.</summary>
    static async Task<Outcome> RepairAsync(SmallStore whole, string name, byte[] changed, string what)
    {
        using var copy = Copy(whole, name, changed);
        try
        {
            var report = DirectoryCheck.Repair(copy.Path);
            if (report.SetAside is { } aside)
                Assert.Equal(changed, File.ReadAllBytes(Path.Combine(aside, name)));
            Assert.Empty(DirectoryCheck.Check(copy.Path).Findings);
            await using var service = new EmbeddedBufferService(null, DataDirectory.Open(copy.Path));
            using var looked = new Scratch();
            await using (var directory = DataDirectory.Open(CopyOf(copy, looked)))
            {
                Assert.DoesNotContain(directory.Findings, f => f.Kind == FindingKind.Damage);
                Assert.Null(StoreView.Of(directory).WhatWasNeverIn(whole.Last));
            }
            if ((await service.GetPipelinesAsync()).Contains(SmallStore.Pipeline))
                Assert.True((await service.GetSnapshotAsync(SmallStore.Pipeline)).IsConserved, "it is not conserved");
            return report.SetAside is not null ? Outcome.Reported : Outcome.Harmless;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{what}: {e.Message}", e);
        }
    }

    static byte[] With(byte[] bytes, int page, byte[] other)
    {
        var changed = (byte[])bytes.Clone();
        other
            .AsSpan(page * SmallStore.PageSize, SmallStore.PageSize)
            .CopyTo(changed.AsSpan(page * SmallStore.PageSize));
        return changed;
    }

    static Scratch Copy(SmallStore whole, string name, byte[] changed)
    {
        var copy = new Scratch();
        CopyOf(whole.Kept, copy);
        File.WriteAllBytes(copy[name], changed);
        return copy;
    }

    static string CopyOf(Scratch from, Scratch to)
    {
        foreach (var file in Directory.GetFiles(from.Path).Where(f => !f.EndsWith("lock")))
            File.Copy(file, to[Path.GetFileName(file)]);
        return to.Path;
    }
}
