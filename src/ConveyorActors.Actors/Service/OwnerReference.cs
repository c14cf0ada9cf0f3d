using Akka.Dispatch.SysMsg;

namespace ConveyorActors.Actors.Service;

/// <summary>
/// Somebody who owns leases and waits and is no actor: it can be watched, and ends only when its program says so. Safe for use by many threads. Known on this node
/// only, and takes no messages.
/// </summary>
sealed class OwnerReference(ActorPath path, IActorRefProvider provider) : MinimalActorRef
{
    readonly Lock watching = new();
    HashSet<IInternalActorRef>? watchers = [];

    public override ActorPath Path { get; } = path;

    public override IActorRefProvider Provider { get; } = provider;

    protected override void TellInternal(object message, IActorRef sender)
    {
        // Replies to the end of a wait: the wait itself is replied to elsewhere.
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
                if (hasEnded) TellEnd(watcher);
                break;
            case Unwatch { Watcher: var watcher }:
                lock (watching) watchers?.Remove(watcher);
                break;
        }
    }

    /// <summary>Whoever watches is told that it has died.</summary>
    public void End()
    {
        HashSet<IInternalActorRef>? told;
        lock (watching) (told, watchers) = (watchers, null);
        foreach (var watcher in told ?? []) TellEnd(watcher);
    }

    void TellEnd(IInternalActorRef watcher) => watcher.SendSystemMessage(new DeathWatchNotification(this, existenceConfirmed: true, addressTerminated: false));
}
