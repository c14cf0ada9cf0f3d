namespace ConveyorActors.Node.Arguments;

/// <summary>The files for TLS between nodes.</summary>
/// <param name="Certificate">This node's certificate and key: PEM or PFX.</param>
/// <param name="Authority">
/// The certificates of the authorities, one of which must have issued the other side's certificate: PEM.
/// </param>
/// <param name="Password">The password of the key; null: it has none.</param>
sealed record TlsFiles(string Certificate, string Authority, string? Password)
{
    public override string ToString() => $"{Certificate}, {Authority}";
}
