namespace ConveyorActors.Http.Wire;

/// <summary>
/// Describes a body that cannot be read, as distinct from other failures of input and output such as those of a disk.
/// </summary>
static class BrokenBody
{
    /// <summary>Returns whether reading a body failed for a reason that has no status of its own yet.</summary>
    public static bool IsCause(IOException exception) => exception is not BadHttpRequestException;

    /// <summary>
    /// Returns the exception for a body whose end cannot be reached: a chunk's size is wrong, or the connection ended.
    /// </summary>
    public static BadHttpRequestException CreateException(IOException cause) =>
        new(
            "the body could not be read to its end; it must be complete, with valid HTTP chunks",
            StatusCodes.Status400BadRequest,
            cause
        );
}
