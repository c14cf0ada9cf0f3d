using System.Threading.Channels;

namespace ConveyorActors.Actors.Links;

/// <summary>
/// The state of a port's end of a link: the calls under way, the readers of signals, and the link. Used by one actor;
/// outlives its restarts.
/// </summary>
sealed class LinkRegistry
{
    public Dictionary<long, LinkRequest> Calls { get; } = [];

    public Dictionary<
        long,
        (string Pipeline, string Source, ChannelWriter<BackpressureSignal> Signals)
    > Readers { get; } = [];

    public long LastCall { get; set; }

    /// <summary>Gets or sets the link; null: none was opened, or the last one has ended.</summary>
    public LinkState? Link { get; set; }

    /// <summary>Gets or sets whether the server has confirmed the link.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Gets or sets the server's end; null: not known yet.</summary>
    public IActorRef? Server { get; set; }

    /// <summary>Gets or sets when the server last sent a message, or was first contacted.</summary>
    public TimeSpan LastHeard { get; set; }

    /// <summary>Gets or sets when frames were last sent or confirmed.</summary>
    public TimeSpan LastProgress { get; set; }
}

/// <summary>A call that a link carries.</summary>
/// <param name="Shown">A description of the command for error messages.</param>
/// <param name="Manifest">The manifest of the command.</param>
/// <param name="Message">The command's bytes.</param>
/// <param name="Reply">
/// Completes with the reply, or fails with the reason why there is no reply; null: no reply is wanted.
/// </param>
sealed record LinkRequest(string Shown, string Manifest, byte[] Message, TaskCompletionSource<object>? Reply)
    : INoSerializationVerificationNeeded;
