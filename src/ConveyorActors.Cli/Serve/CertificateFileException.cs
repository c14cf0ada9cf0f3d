namespace ConveyorActors.Cli.Serve;

/// <summary>The exception for a file that cannot be read, or has no certificate or private key.</summary>
/// <param name="reason">The reason, without the path.</param>
/// <param name="isKey">Whether this is the file of the key and not that of the certificate.</param>
sealed class CertificateFileException(string reason, bool isKey) : Exception(reason)
{
    public bool IsKey => isKey;
}
