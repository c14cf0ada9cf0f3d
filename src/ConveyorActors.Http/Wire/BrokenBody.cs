using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using KestrelServerOptions = Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions;

namespace ConveyorActors.Http.Wire;

/// <summary>
/// Describes a body that cannot be read, as distinct from other failures of input and output such as those of a disk.
/// </summary>
static class BrokenBody
{
    /// <summary>
    /// The reason of a body whose end cannot be reached: a chunk's size is wrong, or the connection ended.
    /// </summary>
    public const string Reason = "the body could not be read to its end; it must be complete, with valid HTTP chunks";

    /// <summary>Returns whether reading a body failed for a reason that has no status of its own yet.</summary>
    public static bool IsCause(IOException exception) => exception is not BadHttpRequestException;

    /// <summary>Returns the exception for a body whose end cannot be reached.</summary>
    public static BadHttpRequestException CreateException(IOException cause) =>
        new(Reason, StatusCodes.Status400BadRequest, cause);

    /// <summary>Returns the reason of a body that arrives more slowly than the server requires.</summary>
    public static string DescribeSlowness(HttpContext context) =>
        context.RequestServices.GetService<IOptions<KestrelServerOptions>>()?.Value.Limits.MinRequestBodyDataRate
            is { } rate
            ? FormattableString.Invariant(
                $"the body arrived at less than {rate.BytesPerSecond} bytes a second, after {rate.GracePeriod.TotalSeconds} s; it must arrive at that rate or faster"
            )
            : "the body arrived more slowly than the server requires; it must arrive faster";
}
