using System.Globalization;
using System.Text;
using System.Text.Json;
using ConveyorActors.Http.Wire;

namespace ConveyorActors.Http.Events;

/// <summary>
/// Keeps the events of the last minute, shared by all readers. A reader keeps only its position, so a slow reader takes
/// no memory. A reader that falls behind the kept events gets the number of events it missed.
/// </summary>
/// <remarks>Safe for use by many threads.</remarks>
sealed class EventLog(int maxEvents, long maxBytes, TimeProvider clock)
{
    readonly Lock gate = new();
    readonly EventBacklog kept = new(maxEvents, maxBytes, clock);
    TaskCompletionSource added = CreateCompletion();

    /// <summary>
    /// Gets the part of an event id that distinguishes this stream from earlier ones: an id is <c>EPOCH-NUMBER</c>.
    /// </summary>
    public string Epoch { get; } = Random.Shared.NextInt64(1L << 32).ToString("x", CultureInfo.InvariantCulture);

    public long Last
    {
        get
        {
            lock (gate)
                return kept.Last;
        }
    }

    /// <summary>Adds an event for all readers.</summary>
    public void Add(string kind, Action<Utf8JsonWriter> write)
    {
        TaskCompletionSource wake;
        lock (gate)
        {
            kept.Add(Render(kind, kept.Last + 1, write));
            (wake, added) = (added, CreateCompletion());
        }
        wake.TrySetResult();
    }

    /// <summary>Renders an event for one reader only. Its id is that of the last event for all readers.</summary>
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

    /// <summary>Returns the next event after a position; null: there is none yet.</summary>
    /// <param name="after">The number of the last event the reader received.</param>
    /// <param name="missed">The number of skipped events that are no longer kept.</param>
    /// <param name="more">
    /// A task that completes when another event is added; to be awaited when there is no next event.
    /// </param>
    public ServerEvent? FindNext(long after, out long missed, out Task more)
    {
        lock (gate)
        {
            more = added.Task;
            missed = 0;
            if (after >= kept.Last)
                return null;
            missed = Math.Max(0, kept.First - after - 1);
            return kept[Math.Max(kept.First, after + 1)];
        }
    }

    /// <summary>Returns the event number in an id; null: the id does not belong to this stream.</summary>
    public long? ParseNumber(string? id) =>
        id is not null
        && id.StartsWith(Epoch + "-", StringComparison.Ordinal)
        && long.TryParse(id.AsSpan(Epoch.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number <= Last
            ? number
            : null;

    static TaskCompletionSource CreateCompletion() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
