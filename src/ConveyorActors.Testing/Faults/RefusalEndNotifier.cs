using System.Threading.Channels;

namespace ConveyorActors.Testing.Faults;

/// <summary>
/// Notifies the subscribers of a source's signals that an injected refusal has ended, as a service does when there is
/// room again: a source that waits for its signal after a refusal must not wait forever.
/// </summary>
sealed class RefusalEndNotifier
{
    readonly Lock gate = new();
    readonly List<(string Pipeline, string Source, ChannelWriter<bool> Listener)> listeners = [];

    /// <summary>Adds a listener, which is notified at most once until it has read the notification.</summary>
    public void Add(string pipeline, string source, ChannelWriter<bool> listener)
    {
        lock (gate)
            listeners.Add((pipeline, source, listener));
    }

    /// <summary>Removes a listener.</summary>
    public void Remove(ChannelWriter<bool> listener)
    {
        lock (gate)
            listeners.RemoveAll(l => l.Listener == listener);
    }

    /// <summary>Notifies the listeners of a source that the source may offer again.</summary>
    public void Notify(string pipeline, string source)
    {
        lock (gate)
            foreach (var listener in listeners.Where(l => l.Pipeline == pipeline && l.Source == source))
                listener.Listener.TryWrite(true);
    }
}
