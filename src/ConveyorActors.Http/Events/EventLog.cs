using System.Globalization;
using System.Text;
using System.Text.Json;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Events;

/// <summary>
/// The last events, shared by all readers: a reader holds no more than its place, so a slow one takes no memory. One
/// that falls behind further than what is kept is told how much it has missed.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class EventLog(int capacity)
{
    readonly Lock gate = new();
    readonly ServerEvent?[] kept = new ServerEvent?[capacity];
    TaskCompletionSource added = New();
    long last;

    /// <summary>Gets what tells this stream's ids from those of one before it: an id is <c>EPOCH-NUMBER</c>.</summary>
    public string Epoch { get; } = Random.Shared.NextInt64(1L << 32).ToString("x", CultureInfo.InvariantCulture);

    public long Last
    {
        get
        {
            lock (gate)
                return last;
        }
    }

    /// <summary>Adds an event for all readers.</summary>
    public void Add(string kind, Action<Utf8JsonWriter> write)
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            last++;
            kept[last % capacity] = new(last, Render(kind, last, write));
            (wake, added) = (added, New());
        }
        wake.TrySetResult();
    }

    /// <summary>Returns an event for one reader only, with the id of the last one for all.</summary>
    public ReadOnlyMemory<byte> Render(string kind, long number, Action<Utf8JsonWriter> write)
    {
        using var bytes = new MemoryStream();
        bytes.Write(
            Encoding.ASCII.GetBytes(
                $"id: {Epoch}-{number.ToString(CultureInfo.InvariantCulture)}\nevent: {kind}\ndata: "
            )
        );
        using (var json = new Utf8JsonWriter(bytes, JsonText.Compact))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        bytes.Write("\n\n"u8);
        return bytes.ToArray();
    }

    /// <summary>Returns the next event after a place.</summary>
    /// <param name="after">The number of the event that the reader had last.</param>
    /// <param name="missed">How many events before it are not kept any more.</param>
    /// <param name="more">Completes when another one was added; for when there is none.</param>
    public ServerEvent? Next(long after, out long missed, out Task more)
    {
        lock (gate)
        {
            more = added.Task;
            missed = 0;
            if (after >= last)
                return null;
            var first = Math.Max(1, last - capacity + 1);
            missed = Math.Max(0, first - after - 1);
            return kept[Math.Max(first, after + 1) % capacity];
        }
    }

    /// <summary>Returns the number in an id; null: it is none of this stream.</summary>
    public long? NumberOf(string? id) =>
        id is not null
        && id.StartsWith(Epoch + "-", StringComparison.Ordinal)
        && long.TryParse(id.AsSpan(Epoch.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number <= Last
            ? number
            : null;

    static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
