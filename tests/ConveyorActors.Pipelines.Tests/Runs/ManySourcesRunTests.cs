using System.Reflection;
using ConveyorActors.Buffers.Service;

namespace ConveyorActors.Pipelines.Tests.Runs;

public sealed class ManySourcesRunTests : RunTests
{
    /// <summary>
    /// A snapshot has a row for each source: one after each batch made a run of many small files quadratic.
    /// </summary>
    [UnixFact]
    public async Task Snapshots_do_not_grow_with_the_number_of_batches()
    {
        await using var buffers = new EmbeddedBufferService();
        var counting = DispatchProxy.Create<IBufferService, Counting>();
        var proxy = (Counting)(object)counting;
        proxy.Inner = buffers;
        SourceDefinition[] sources = [.. Enumerable.Range(0, 60).Select(i => Source($"s{i}", [$"{i}"]))];

        AssertAllSettled(await RunAsync(counting, Definition(sources, Stage("cat", workers: 2) with { Batch = 1 })));

        Assert.Equal(60, (await File.ReadAllLinesAsync(Sink)).Distinct().Count());
        Assert.InRange(proxy.Snapshots, 1, 10);
    }

    /// <summary>Passes every call on.</summary>
    public class Counting : DispatchProxy
    {
        int snapshots;

        /// <summary>How often a snapshot was asked for.</summary>
        public int Snapshots => Volatile.Read(ref snapshots);

        /// <summary>Where the calls go.</summary>
        public IBufferService Inner { get; set; } = null!;

        /// <inheritdoc/>
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == nameof(IBufferService.GetSnapshotAsync))
                Interlocked.Increment(ref snapshots);
            return targetMethod.Invoke(Inner, BindingFlags.DoNotWrapExceptions, null, args, null);
        }
    }
}
