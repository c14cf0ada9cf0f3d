using System.Threading.Channels;

namespace ConveyorActors.Actors.Links;

/// <summary>
/// The state of a port's end of a link: the calls under way, the signals that are read, and the link. Used by one
/// actor; outlives its restarts.
/// </summary>
sealed class LinkRegistry
{
    public Dictionary<long, LinkRequest> Calls { get; } = [];

    public Dictionary<
        long,
        (string Pipeline, string Source, ChannelWriter<BackpressureSignal> Signals)
    > Readers { get; } = [];

    public long LastCall { get; set; }

    /// <summary>The link; null: none was opened, or the last one has ended.</summary>
    public LinkState? Link { get; set; }

    /// <summary>Whether the server has confirmed the link.</summary>
    public bool IsOpen { get; set; }

    /// <summary>The server's end; null: not known yet.</summary>
    public IActorRef? Server { get; set; }

    /// <summary>When the server last sent a message, or was first asked.</summary>
    public TimeSpan LastHeard { get; set; }

    /// <summary>When frames were last sent or confirmed.</summary>
    public TimeSpan LastProgress { get; set; }
}

/// <summary>A call that a link carries.</summary>
/// <param name="Shown">The command, in error messages.</param>
/// <param name="Manifest">The manifest of the bytes.</param>
/// <param name="Message">The command's bytes.</param>
/// <param name="Reply">
/// Completes with the reply, or fails with the reason why there is none; null: no reply is wanted.
/// </param>
sealed record LinkRequest(string Shown, string Manifest, byte[] Message, TaskCompletionSource<object>? Reply)
    : INoSerializationVerificationNeeded;
