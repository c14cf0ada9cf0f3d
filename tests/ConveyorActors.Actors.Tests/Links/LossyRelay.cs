using ConveyorActors.Actors.Links;
using ConveyorActors.Actors.Protocol;

namespace ConveyorActors.Actors.Tests.Links;

/// <summary>Stands between a port and its server and loses, doubles and delays messages, in both directions.</summary>
sealed class LossyRelay(IActorRef server, int seed) : UntypedActor
{
    readonly Random random = new(seed);
    readonly List<(ILinkMessage Message, IActorRef To)> kept = [];
    IActorRef? port;

    protected override void OnReceive(object message)
    {
        if (message is not ILinkMessage m)
            return;
        var fromServer =
            port is not null
            && Sender.Path.ToStringWithoutAddress().Contains("/conveyor/pipelines", StringComparison.Ordinal);
        if (!fromServer)
            port = Sender;
        var to = fromServer ? port! : server;
        switch (random.Next(8))
        {
            case 0:
                return;
            case 1:
                to.Tell(m, Self);
                break;
            case 2:
                kept.Add((m, to));
                return;
        }
        to.Tell(m, Self);
        if (kept.Count <= 3)
            return;
        foreach (var (late, where) in kept)
            where.Tell(late, Self);
        kept.Clear();
    }
}
