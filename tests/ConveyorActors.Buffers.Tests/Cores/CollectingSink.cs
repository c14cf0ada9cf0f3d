using System.Collections.Concurrent;
using ConveyorActors.Buffers.Cores;

namespace ConveyorActors.Buffers.Tests.Cores;

/// <summary>A sink that remembers what it took, and can be held up or made to fail.</summary>
sealed class CollectingSink<T>
{
    /// <summary>A test that fails while a call is held up must end all the same.</summary>
    static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(60);

    readonly ConcurrentQueue<T[]> _batches = new();
    readonly ManualResetEventSlim _gate = new(true);
    int _calls;

    /// <summary>What a call throws, by its number from 1; null: nothing.</summary>
    public Func<int, Exception?> Fails { get; set; } = _ => null;

    /// <summary>Every batch that was handed over, failed ones too.</summary>
    public ConcurrentQueue<T[]> Seen { get; } = new();

    public IReadOnlyList<T[]> Batches => [.. _batches];

    public IReadOnlyList<T> Items => [.. _batches.SelectMany(b => b)];

    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Holds up the calls that come from now on.</summary>
    public void Hold() => _gate.Reset();

    public void LetGo() => _gate.Set();

    /// <summary>Obeys its cancellation.</summary>
    public ValueTask Take(ReadOnlyMemory<T> batch, int core, CancellationToken cancellationToken)
    {
        var call = Interlocked.Increment(ref _calls);
        Seen.Enqueue(batch.ToArray());
        _gate.Wait(LongestHold, cancellationToken);
        if (Fails(call) is { } error)
            throw error;
        _batches.Enqueue(batch.ToArray());
        return default;
    }

    public CoreBuffers<T> Buffers(
        CoreBuffersSettings? settings = null,
        CoreDeadLetters<T>? deadLetters = null,
        TimeProvider? clock = null
    ) => new(Take, settings, deadLetters, clock);
}
