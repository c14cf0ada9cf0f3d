using Akka.Dispatch.SysMsg;

namespace ConveyorActors.Actors.Pipelines;

/// <summary>
/// An owner of leases and waits that is not an actor. It can be watched, and ends only when the program disposes it.
/// Known on this node only; takes no messages. Safe for use by many threads.
/// </summary>
sealed class OwnerReference(ActorPath path, IActorRefProvider provider) : MinimalActorRef
{
    readonly Lock watching = new();
    HashSet<IInternalActorRef>? watchers = [];

    public override ActorPath Path { get; } = path;

    public override IActorRefProvider Provider { get; } = provider;

    protected override void TellInternal(object message, IActorRef sender)
    {
        // Replies to CancelWait are ignored: the reply to the wait itself is handled elsewhere.
    }

    public override void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case Watch { Watcher: var watcher }:
                bool hasEnded;
                lock (watching)
                {
                    hasEnded = watchers is null;
                    watchers?.Add(watcher);
                }
                if (hasEnded)
                    NotifyEnd(watcher);
                break;
            case Unwatch { Watcher: var watcher }:
                lock (watching)
                    watchers?.Remove(watcher);
                break;
        }
    }

    /// <summary>Notifies the watchers that the owner has died.</summary>
    public void End()
    {
        HashSet<IInternalActorRef>? notified;
        lock (watching)
            (notified, watchers) = (watchers, null);
        foreach (var watcher in notified ?? [])
            NotifyEnd(watcher);
    }

    void NotifyEnd(IInternalActorRef watcher) =>
        watcher.SendSystemMessage(new DeathWatchNotification(this, existenceConfirmed: true, addressTerminated: false));
}
