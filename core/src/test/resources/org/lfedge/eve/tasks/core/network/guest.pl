# A guest on a tap, with one MAC and one address. Says who answers.
# Arguments: uid, tap, MAC, address, gateway, a namespace to be pinged from or "", addresses to ping.
use strict;
use POSIX;

my ($uid, $tap, $mac, $ip, $gateway, $node, @targets) = @ARGV;
open(my $tun, '+<', '/dev/net/tun') or die "/dev/net/tun: $!\n";

# Before privileges are dropped: whoever pings the guest once it is known.
pipe(my $go, my $known);
my $pinging = $node eq '' ? 0 : fork;
if ($node ne '' && !$pinging) {
    close $known;
    <$go>;
    open(STDOUT, '>', '/dev/null');
    exec('nsenter', "--net=$node", 'busybox', 'ping', '-c1', '-W1', $ip);
}

POSIX::setgid($uid);
POSIX::setuid($uid);
# IFF_TAP and IFF_NO_PI, by TUNSETIFF
ioctl($tun, 0x400454ca, my $request = pack('a16 s x22', $tap, 0x1002)) or die "TUNSETIFF: $!\n";
my $own = pack('H12', $mac =~ s/://gr);
$| = 1;
$SIG{ALRM} = sub { die "no answer\n" };
alarm 30;

sub bytes { pack('C4', split(/\./, $_[0])) }

sub checksum {
    my $sum = 0;
    $sum += $_ for unpack('n*', $_[0]);
    $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
    return ~$sum & 0xffff;
}

sub frame {
    my ($to, $type, $body) = @_;
    defined syswrite($tun, pack('a6 a6', $to, $own) . $type . $body) or die "tap: $!\n";
}

my $number = 0;

sub ping {
    my ($to, $via, $tag) = @_;
    my $icmp = pack('C C n n n a8', 8, 0, 0, 77, ++$number, 'guest...');
    substr($icmp, 2, 2) = pack('n', checksum($icmp));
    my $head = pack('C C n n n C C n a4 a4',
        0x45, 0, 20 + length $icmp, $number, 0, 64, 1, 0, bytes($ip), bytes($to));
    substr($head, 10, 2) = pack('n', checksum($head));
    frame($via, $tag . pack('n', 0x0800), $head . $icmp);
}

# As a tap takes a moment to come up when it is opened, until there is an answer.
my $via;
while (!$via) {
    frame("\xff" x 6, pack('n', 0x0806), pack('n n C C n a6 a4 a6 a4',
        1, 0x0800, 6, 4, 1, $own, bytes($ip), "\0" x 6, bytes($gateway)));
    vec(my $ready = '', fileno($tun), 1) = 1;
    select($ready, undef, undef, 0.2) or next;
    sysread($tun, my $got, 2000) or die "tap: $!\n";
    my ($type, $operation, $from, $address) =
        unpack('n', substr $got, 12, 2) == 0x0806
        ? (0x0806, unpack('n', substr $got, 20, 2), substr($got, 22, 6), substr($got, 28, 4))
        : (0, 0, '', '');
    $via = $from if $operation == 2 && $address eq bytes($gateway) && substr($got, 0, 6) eq $own;
}
print 'arp ', join(':', unpack('(H2)6', $via)), "\n";
if ($pinging) {
    close $known;
    waitpid $pinging, 0;
}
# With the tag of a VLAN, to the gateway; whoever is meant to get it looks there.
ping($gateway, $via, pack('n n', 0x8100, 5));
ping($_, $via, '') for @targets, $gateway;
while (1) {
    sysread($tun, my $got, 2000) or die "tap: $!\n";
    next unless unpack('n', substr $got, 12, 2) == 0x0800 && ord(substr $got, 23, 1) == 1;
    my $from = join '.', unpack('C4', substr $got, 26, 4);
    my $type = ord(substr $got, 34, 1);
    print "$type $from\n";
    last if $type == 0 && $from eq $gateway;
}
