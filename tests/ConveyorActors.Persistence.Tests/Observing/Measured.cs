using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace ConveyorActors.Persistence.Tests.Observing;

/// <summary>
/// Listens to the meter <c>ConveyorActors</c>: the instruments that begin with a prefix, and the measurements with
/// certain tags.
/// </summary>
sealed class Measured : IDisposable
{
    readonly MeterListener listener = new();
    readonly ConcurrentDictionary<string, ConcurrentBag<double>> last = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, ConcurrentQueue<double>> told = new(StringComparer.Ordinal);

    /// <param name="prefix">What the names of the instruments begin with.</param>
    /// <param name="isWanted">Whether a measurement with these tags counts.</param>
    public Measured(string prefix, Func<IReadOnlyDictionary<string, string>, bool> isWanted)
    {
        listener.InstrumentPublished = (i, l) =>
        {
            if (i.Meter.Name != "ConveyorActors" || !i.Name.StartsWith(prefix, StringComparison.Ordinal))
                return;
            Instruments[i.Name] = i;
            l.EnableMeasurementEvents(i);
        };
        listener.SetMeasurementEventCallback<double>((i, value, tags, _) => Note(i, value, tags));
        listener.SetMeasurementEventCallback<long>((i, value, tags, _) => Note(i, value, tags));
        listener.SetMeasurementEventCallback<int>((i, value, tags, _) => Note(i, value, tags));
        listener.Start();

        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var all = tags.ToArray().ToDictionary(t => t.Key, t => $"{t.Value}");
            if (!isWanted(all))
                return;
            if (!instrument.IsObservable)
                told.GetOrAdd(instrument.Name, static _ => new()).Enqueue(value);
            else
                last.GetOrAdd(
                        $"{instrument.Name} {string.Join(' ', all.Where(t => t.Key is not ("system" or "node")).Select(t => $"{t.Key}={t.Value}"))}",
                        static _ => []
                    )
                    .Add(value);
        }
    }

    public ConcurrentDictionary<string, Instrument> Instruments { get; } = new(StringComparer.Ordinal);

    /// <summary>The values now, by instrument and tags; of several actor systems their sum.</summary>
    public IReadOnlyDictionary<string, double> Now()
    {
        last.Clear();
        listener.RecordObservableInstruments();
        return last.ToDictionary(v => v.Key, v => v.Value.Sum(), StringComparer.Ordinal);
    }

    /// <summary>The values that a distribution was told.</summary>
    public IReadOnlyCollection<double> Told(string instrument) =>
        told.TryGetValue(instrument, out var values) ? values : [];

    public void Dispose() => listener.Dispose();
}
