using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace SoftmaxService.Api.Load;

/// <summary>
/// Kestrel's sockets, of which no more are open than connections are allowed, and a few that are being rejected.
/// Kestrel alone accepts every connection before it rejects one, and a thousand at a time can take all descriptors.
/// Here the system keeps them waiting meanwhile.
/// </summary>
internal sealed class BoundedTransport(
    IOptions<SocketTransportOptions> sockets, IOptions<KestrelServerOptions> kestrel, ILoggerFactory logs)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private const int BeingRejected = 16;

    private readonly SocketTransportFactory _sockets = new(sockets, logs);

    public bool CanBind(EndPoint endpoint) => _sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(
        EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var max = (kestrel.Value.Limits.MaxConcurrentConnections ?? int.MaxValue) + BeingRejected;
        return new Listener(
            await _sockets.BindAsync(endpoint, cancellationToken), (int)Math.Min(max, int.MaxValue));
    }

    private sealed class Listener(IConnectionListener inner, int max) : IConnectionListener
    {
        private readonly SemaphoreSlim _places = new(max);
        private readonly CancellationTokenSource _unbound = new();

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            if (!await HasPlaceAsync())
            {
                return null;
            }

            ConnectionContext? connection = null;
            try
            {
                connection = await inner.AcceptAsync(cancellationToken);
                return connection;
            }
            finally
            {
                if (connection is null)
                {
                    _places.Release();
                }
                else
                {
                    connection.ConnectionClosed.UnsafeRegister(places => ((SemaphoreSlim)places!).Release(), _places);
                }
            }
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await _unbound.CancelAsync();
            await inner.UnbindAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await inner.DisposeAsync();
            _unbound.Dispose();
        }

        /// <summary>Waits for a place; false where nothing is accepted any more.</summary>
        private async ValueTask<bool> HasPlaceAsync()
        {
            try
            {
                await _places.WaitAsync(_unbound.Token);
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }
}
